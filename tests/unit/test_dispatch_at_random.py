"""Situations at random; the long form, ten thousand of them, is `make bench ONLY=dispatch`."""

import random

from nodes.dispatch.engine import choose
from tests.support.crews import crew, situation
from tests.support.dispatch_rules import violations

SITUATIONS = 300


def test_no_choice_breaks_a_hard_condition() -> None:
    chance = random.Random(6)
    sent = 0
    for _ in range(SITUATIONS):
        people, asked = crew(chance, 8, 6, spread=0.6), situation(chance)
        result = choose(people, **asked)
        assert not violations(result, {each.id: each for each in people}, asked)
        sent += result.visit is not None
    assert SITUATIONS / 4 < sent < SITUATIONS, "both answers have to be met, or nothing was tried"
