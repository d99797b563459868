"""How often triage was right, from what was said and what was confirmed."""

from typing import Any

from core.database.completions import Tally, hit_rate, named


def tally(said: str, confirmed: str | None, jobs: int = 1, **causes: Any) -> Tally:
    names = frozenset(named(name) for name in causes.get("names", ()))
    return Tally(said, names, confirmed, causes.get("cause"), jobs)


def test_an_abstention_is_neither_right_nor_wrong() -> None:
    rate = hit_rate(
        [tally("inverter", "inverter", 3), tally("inverter", "string"), tally("unknown", "string")]
    )
    assert rate.completed == 5
    assert (rate.asset.confirmed, rate.asset.abstained, rate.asset.right) == (5, 1, 3)
    assert rate.asset.hit_rate == 0.75
    assert rate.by_asset["string"].hit_rate == 0


def test_what_nobody_confirmed_is_not_counted_and_nothing_has_no_rate() -> None:
    rate = hit_rate([tally("inverter", None, 7), tally("inverter", "unknown")])
    assert rate.completed == 8
    assert rate.asset.confirmed == 0
    assert rate.asset.hit_rate is None


def test_a_cause_is_the_failure_mode_or_the_cause_however_it_is_spelled() -> None:
    names = ("insulation_fault", "Water in a connector")
    said = [
        tally("string", None, cause="Insulation fault.", names=names),
        tally("string", None, cause="water in a  connector", names=names),
        tally("string", None, cause="mice", names=names),
        tally("string", None, cause="mice"),
    ]
    rate = hit_rate(said)
    assert (rate.cause.confirmed, rate.cause.abstained, rate.cause.right) == (4, 1, 2)
