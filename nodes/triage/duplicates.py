"""Open jobs at the same site that are about the same fault: linked, never merged, and nothing is made less urgent."""

import re
from collections.abc import Sequence
from math import prod

from rapidfuzz.fuzz import token_set_ratio

from nodes.triage.knowledge import squeeze
from nodes.triage.ranking import Ranked
from nodes.triage.settings import TriageSettings
from state.triage import Duplicate, OpenFault, Ticket

SAME_CODE, SAME_FAULT, SAME_ASSET, SAME_WORDS = 0.7, 0.7, 0.3, 0.8
"""How far each by itself makes two tickets one; together they add up as chances do."""
ALIKE = 70
"""Texts less alike than this, of 100, say nothing."""
NOT_A_FAULT = frozenset({"routine_work"})

_UNIT = re.compile(
    r"\b(inv(?:erter)?s?|cb|combiner|string|row|tracker|block|skid|pad|rack|mppt|module|panel|meter|unit)\s*#?\s*"
    r"([a-z]?\d+(?:[.-]\d+)*)",
    re.IGNORECASE,
)
"""A piece of equipment by its number: `inverter 3`, `cb 2.4`, `row 12`."""


def duplicates(
    ticket: Ticket, ranked: Sequence[Ranked], open_faults: Sequence[OpenFault], settings: TriageSettings
) -> list[Duplicate]:
    """Those open jobs that seem to be about the same fault, the likest first.

    Two tickets that number different units of the same kind are about different faults, however alike.
    """
    found = [_compared(ticket, ranked, other) for other in open_faults]
    alike = [duplicate for duplicate in found if duplicate.likeness >= settings.duplicate_likeness]
    return sorted(alike, key=lambda duplicate: -duplicate.likeness)


def _compared(ticket: Ticket, ranked: Sequence[Ranked], other: OpenFault) -> Duplicate:
    if _different_units(ticket.text or "", other.ticket.text or ""):
        return Duplicate(job_id=other.job_id, likeness=0.0, reasons=[])
    top = ranked[0] if ranked else None
    signs: list[tuple[float, str]] = []
    if shared := _codes(ticket) & _codes(other.ticket):
        signs.append((SAME_CODE, f"the same fault code {', '.join(sorted(shared))}"))
    if top and top.asset == other.asset != "unknown":
        mode = top.mode.id if top.mode else None
        if mode and mode == other.failure_mode and mode not in NOT_A_FAULT:
            signs.append((SAME_FAULT, "the same failure of the same asset"))
        else:
            signs.append((SAME_ASSET, "the same asset"))
    likeness = token_set_ratio((ticket.text or "").lower(), (other.ticket.text or "").lower())
    if likeness >= ALIKE:
        signs.append((SAME_WORDS * likeness / 100, f"texts {likeness:.0f} % alike"))
    score = 1 - prod(1 - weight for weight, _ in signs)
    return Duplicate(job_id=other.job_id, likeness=round(score, 3), reasons=[reason for _, reason in signs])


def _codes(ticket: Ticket) -> set[str]:
    return {squeeze(code) for code in ticket.fault_codes}


def _different_units(text: str, other: str) -> bool:
    one, two = _units(text), _units(other)
    return any(one[kind].isdisjoint(two[kind]) for kind in one.keys() & two.keys())


def _units(text: str) -> dict[str, set[str]]:
    units: dict[str, set[str]] = {}
    for kind, number in _UNIT.findall(text):
        units.setdefault(kind.lower()[:3].rstrip("s"), set()).add(number.lower())
    return units
