"""Where the inverter's output meets the building's panel: NEC 2023 705.12(B)."""

from dataclasses import dataclass

from nodes.sizing.checks import at_most, not_evaluated
from nodes.sizing.electrical.conductors import next_standard_size
from nodes.sizing.electrical.nec_2023 import NEC_2023
from nodes.sizing.electrical.rules import CONTINUOUS_FACTOR
from state.equipment import Electrical
from state.sizing import Check, Interconnection

BUSBAR_SHARE_AT_ENDS = 1.2


@dataclass(frozen=True, slots=True)
class _Way:
    """A paragraph to comply with: `wanted` [A] is asked of the `room` [A] that it leaves."""

    number: str
    wanted: float
    room: float
    condition: str


def connect(
    electrical: Electrical, output_current: float | None, inverters: int
) -> tuple[Interconnection | None, Check]:
    """How the inverters may be connected on the load side, and whether they fit.

    Parameters
    ----------
    output_current : float or None
        Continuous output current of one inverter. [A]

    Notes
    -----
    Where no paragraph allows it, supply-side connections (705.11) and power control systems (705.13) are the ways
    left; they need data that a job does not hold.
    """
    rule = NEC_2023["interconnection"]
    if output_current is None:
        reason = "the inverter's output current is unknown: neither its datasheet nor a voltage gives it"
        return None, not_evaluated(rule.check_id, rule.clause, "A", reason)
    breaker = next_standard_size(CONTINUOUS_FACTOR * output_current)
    if breaker is None:
        return None, not_evaluated(rule.check_id, rule.clause, "A", "no standard breaker is that large")
    if electrical.busbar_a is None or electrical.main_breaker_a is None:
        reason = "busbar_a and main_breaker_a of the panel are needed"
        unknown = Interconnection(
            max_backfeed_a=None, backfeed_breaker_a=breaker, rule="705.12(B)", breakers=inverters
        )
        return unknown, not_evaluated(rule.check_id, rule.clause, "A", reason)
    ways = _ways(electrical, output_current, breaker, inverters)
    way = next((each for each in ways if each.wanted <= each.room), _nearest(ways))
    detail = (
        f"125 % of the output current and {electrical.existing_backfeed_a:g} A of existing back-feed, "
        f"{way.condition}; busbar {electrical.busbar_a:g} A, main {electrical.main_breaker_a:g} A"
    )
    if way.wanted > way.room:
        main = BUSBAR_SHARE_AT_ENDS * electrical.busbar_a - way.wanted
        detail += "; ways left: supply side (705.11), power control system (705.13)"
        detail += f", or a main breaker of at most {main:.0f} A" if main >= 1.0 else ""
    return (
        Interconnection(
            max_backfeed_a=round(max(0.0, way.room - electrical.existing_backfeed_a), 2),
            backfeed_breaker_a=breaker,
            rule=way.number,
            breakers=inverters,
        ),
        at_most(rule.check_id, f"NEC 2023 {way.number}", way.wanted, way.room, "A", detail),
    )


def _ways(electrical: Electrical, output_current: float, breaker: float, inverters: int) -> list[_Way]:
    """The paragraphs that the panel may use, those with the fewest conditions first."""
    busbar, main = electrical.busbar_a or 0.0, electrical.main_breaker_a or 0.0
    existing = electrical.existing_backfeed_a
    wanted = CONTINUOUS_FACTOR * output_current * inverters + existing
    ends = max(0.0, BUSBAR_SHARE_AT_ENDS * busbar - main)
    ways = [_Way("705.12(B)(1)", wanted, max(0.0, busbar - main), "anywhere on the busbar")]
    if electrical.panel_feed == "end":
        ways.append(_Way("705.12(B)(2)", wanted, ends, "at the end opposite the main breaker"))
    elif electrical.dwelling:
        condition = "at one end, not both, of a centre-fed dwelling panel"
        ways.append(_Way("705.12(B)(4)", wanted, ends, condition))
    if electrical.load_breakers_a is not None and main <= busbar:
        room = max(0.0, busbar - electrical.load_breakers_a)
        condition = f"the breakers of all loads, {electrical.load_breakers_a:g} A, and sources together"
        ways.append(_Way("705.12(B)(3)", breaker * inverters + existing, room, condition))
    return ways


def _nearest(ways: list[_Way]) -> _Way:
    """Of those that do not allow it the one that misses least; of equals the later, more permissive one."""
    return min(reversed(ways), key=lambda way: way.wanted - way.room)
