"""Where the inverter's output meets the building's panel: NEC 2023 705.12(B)."""

from dataclasses import dataclass

from nodes.sizing.checks import at_most, not_evaluated
from nodes.sizing.electrical.conductors import next_standard_size
from nodes.sizing.electrical.rules import CONTINUOUS_FACTOR, NEC_2023
from state.equipment import Electrical
from state.sizing import Check, Interconnection

BUSBAR_SHARE_AT_ENDS = 1.2


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A way to comply: the busbar may carry `share` of its rating."""

    number: str
    share: float
    condition: str


WHOLE_BUSBAR = _Paragraph("705.12(B)(1)", 1.0, "anywhere on the busbar")
OPPOSITE_END = _Paragraph("705.12(B)(2)", BUSBAR_SHARE_AT_ENDS, "at the end opposite the main breaker")
CENTRE_FED = _Paragraph(
    "705.12(B)(4)", BUSBAR_SHARE_AT_ENDS, "at one end, not both, of a centre-fed dwelling panel"
)


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
    Supply-side connections (705.11), power control systems (705.13) and the sum of all breakers
    (705.12(B)(3)) are the ways left where this fails; they need data that a job does not hold.
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
    wanted = CONTINUOUS_FACTOR * output_current * inverters + electrical.existing_backfeed_a
    room, paragraph = _room(electrical, wanted)
    return (
        Interconnection(
            max_backfeed_a=round(max(0.0, room - electrical.existing_backfeed_a), 2),
            backfeed_breaker_a=breaker,
            rule=paragraph.number,
            breakers=inverters,
        ),
        at_most(
            rule.check_id,
            f"NEC 2023 {paragraph.number}",
            wanted,
            room,
            "A",
            f"125 % of the output current and {electrical.existing_backfeed_a:g} A of existing back-feed, "
            f"{paragraph.condition}; busbar {electrical.busbar_a:g} A, main {electrical.main_breaker_a:g} A",
        ),
    )


def _room(electrical: Electrical, wanted: float) -> tuple[float, _Paragraph]:
    """The most that may be fed in [A], and the paragraph with the fewest conditions that allows it."""
    busbar, main = electrical.busbar_a or 0.0, electrical.main_breaker_a or 0.0
    ways = [WHOLE_BUSBAR]
    if electrical.panel_feed == "end":
        ways.append(OPPOSITE_END)
    elif electrical.dwelling:
        ways.append(CENTRE_FED)
    rooms = [(max(0.0, way.share * busbar - main), way) for way in ways]
    return next(((room, way) for room, way in rooms if wanted <= room), rooms[-1])
