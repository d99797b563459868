"""How urgent a ticket is. Safety outranks energy; every reason can only raise the priority."""

from collections.abc import Iterable, Sequence

from nodes.triage.ranking import Ranked
from state.job import SystemType
from state.triage import HazardKind, Priority

LIFE_AND_FIRE: frozenset[HazardKind] = frozenset(
    {"ground_fault", "arc_fault", "fire", "shock", "fall", "battery", "weather"}
)
WATCHED = frozenset({"tracker", "communications", "monitoring", "meter", "met_station"})
"""Assets whose loss is not seen in energy at once but must not wait for the next visit."""
WHOLE_SITE = frozenset({"site_down"})


def priority_of(
    stops: Sequence[HazardKind],
    ranked: Sequence[Ranked],
    *,
    lost_share: float,
    undecoded: bool,
    at_least: Sequence[Priority],
    system_type: SystemType,
    urgent_loss_share: float,
) -> tuple[Priority, str]:
    """The highest priority that any reason calls for, with that reason.

    Parameters
    ----------
    lost_share : float
        Share of the production that is lost, 0 to 1.
    undecoded : bool
        Whether a code could not be read: it may stand for anything.
    at_least : sequence of Priority
        What a reader of the text held it for; it can only raise.
    """
    reasons = [
        *_reasons(stops, ranked, lost_share, undecoded, system_type, urgent_loss_share),
        *((priority, "read so out of the text") for priority in at_least),
    ]
    return min(reasons, key=lambda reason: reason[0])


def _reasons(
    stops: Sequence[HazardKind],
    ranked: Sequence[Ranked],
    lost_share: float,
    undecoded: bool,
    system_type: SystemType,
    urgent_loss_share: float,
) -> Iterable[tuple[Priority, str]]:
    yield "P4", "no loss and no hazard is known"
    if hazardous := [kind.replace("_", " ") for kind in stops if kind in LIFE_AND_FIRE]:
        yield "P1", f"hazard: {', '.join(hazardous)}"
    modes = {hypothesis.mode.id for hypothesis in ranked if hypothesis.mode}
    if modes & WHOLE_SITE:
        yield "P1", "the whole site is down"
    if system_type == "off_grid" and lost_share >= 1:
        yield "P1", "an off-grid site without supply"
    if lost_share > urgent_loss_share:
        yield "P2", f"about {lost_share:.0%} of the production is lost"
    if lost_share > 0:
        yield "P3", f"about {lost_share:.0%} of the production is lost"
    if ranked and ranked[0].asset in WATCHED and ranked[0].mode:
        yield "P3", f"{ranked[0].asset.replace('_', ' ')} out of order"
    if not ranked or ranked[0].mode is None:
        yield "P3", "what is wrong is not known"
    if undecoded:
        yield "P3", "a fault code could not be read; it may stand for anything"
