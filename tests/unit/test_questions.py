import math
from typing import Any

import pytest

from state.questions import Question, check_answers

TEMPERATURE = Question(
    id="design_temp_min_c", kind="number", prompt="?", why="!", unit="°C", minimum=-60, maximum=30
)
VENDOR = Question(id="vendor", kind="choice", prompt="?", why="!", choices=["sma", "fronius"])
TEXT = Question(id="text", kind="text", prompt="?", why="!")
SAFE = Question(id="safe", kind="boolean", prompt="?", why="!")


@pytest.mark.parametrize(
    ("question", "value"),
    [(TEMPERATURE, -60), (TEMPERATURE, 30), (TEMPERATURE, 0.5), (VENDOR, "sma"), (TEXT, "x"), (SAFE, False)],
)
def test_a_good_answer_counts(question: Question, value: Any) -> None:
    assert question.check(value) is None


@pytest.mark.parametrize(
    ("question", "value", "reason"),
    [
        (TEMPERATURE, -61, "must be at least -60 °C"),
        (TEMPERATURE, 31, "must be at most 30 °C"),
        (TEMPERATURE, "5", "must be a number"),
        (TEMPERATURE, True, "must be a number"),
        (TEMPERATURE, math.nan, "must be a number"),
        (TEMPERATURE, math.inf, "must be a number"),
        (TEMPERATURE, None, "must be a number"),
        (TEMPERATURE, 10**4000, "must be a number"),
        (VENDOR, "huawei", "must be one of: sma, fronius"),
        (TEXT, "  ", "must be a text that is not empty"),
        (TEXT, "x" * 10_001, "must be at most 10000 characters"),
        (TEXT, "\ud800", "must hold valid Unicode characters only"),
        (SAFE, "yes", "must be true or false"),
        (SAFE, 1, "must be true or false"),
    ],
)
def test_a_bad_answer_says_why(question: Question, value: Any, reason: str) -> None:
    assert question.check(value) == reason


def test_a_form_is_answered_whole_and_with_nothing_beside_it() -> None:
    refused = check_answers([TEMPERATURE, VENDOR], {"vendor": "sma", "colour": "red"})
    assert refused == {
        "colour": "is not an open question",
        "design_temp_min_c": "this question is open too",
    }
