"""Earlier faults at the same site: what came back makes its explanation surer and asks for the root cause."""

from collections.abc import Iterable, Sequence

from nodes.triage.findings import Finding
from nodes.triage.knowledge import modes
from nodes.triage.ranking import Ranked
from state.triage import PastFault

RULE = "earlier jobs at the same site"
WEIGHT, CONFIRMED_WEIGHT = 0.15, 0.25
"""How far one earlier fault supports the same explanation now; more where a technician confirmed it on site."""


def read_history(past: Sequence[PastFault], said: Iterable[Finding]) -> list[Finding]:
    """One finding per earlier fault, the latest first.

    Only what the ticket itself points to is supported: what failed here before is no evidence by itself that it
    failed again, and a hazard that was dealt with is none now.
    """
    pointed = {finding.mode for finding in said if finding.weight and finding.mode}
    return [
        _finding(fault, supports=fault.failure_mode in pointed)
        for fault in sorted(past, key=lambda fault: fault.at, reverse=True)
    ]


def _finding(fault: PastFault, *, supports: bool) -> Finding:
    known = modes().get(fault.failure_mode or "")
    label = known.label if known else f"{fault.asset.replace('_', ' ')}, failure not named"
    weight = CONFIRMED_WEIGHT if fault.confirmed else WEIGHT
    return Finding(
        source="history",
        quote=f"job {fault.job_id} of {fault.at:%Y-%m-%d}",
        says=f"here before{', confirmed on site' if fault.confirmed else ''}: {label}",
        rule=RULE,
        weight=weight if supports else 0.0,
        mode=fault.failure_mode if supports else None,
    )


def recurrence(past: Sequence[PastFault], ranked: Sequence[Ranked]) -> str | None:
    """A sentence where the likeliest explanation has been here before."""
    mode = ranked[0].mode if ranked else None
    days = sorted(f"{fault.at:%Y-%m-%d}" for fault in past if mode and fault.failure_mode == mode.id)
    if not mode or not days:
        return None
    times = "once" if len(days) == 1 else f"{len(days)} times"
    return f"{mode.label} was here {times} before ({', '.join(days)}): find out what the last repair left in place"
