"""Hazards of a ticket. They only add up: no evidence removes one, whatever else it says."""

from collections.abc import Sequence

from nodes.triage.findings import Danger, Finding
from nodes.triage.knowledge import HazardRule, hazard_rules
from state.triage import Hazard, HazardKind

LONGEST = 3
"""How many pieces of evidence one hazard quotes."""


def hazards_of(findings: Sequence[Finding]) -> list[Hazard]:
    """One hazard per kind and rule, with what tells of it; those that stop the work first, the gravest first."""
    rules = hazard_rules()
    grave = list(rules)
    evidence: dict[tuple[bool, HazardKind, str], list[str]] = {}
    for danger in _dangers(findings):
        key = (not danger.stops, danger.kind, danger.rule or rules[danger.kind].rule)
        evidence.setdefault(key, []).append(danger.evidence)
    stopped = {kind for precaution, kind, _ in evidence if not precaution}
    return [
        Hazard(kind=kind, evidence=("Precaution: " if precaution else "") + _quoted(quotes), rule=rule)
        for (precaution, kind, rule), quotes in sorted(
            evidence.items(), key=lambda item: (item[0][0], grave.index(item[0][1]))
        )
        if not (precaution and kind in stopped)
    ]


def _quoted(quotes: Sequence[str]) -> str:
    return "; ".join(list(dict.fromkeys(quotes))[:LONGEST])


def stopping(findings: Sequence[Finding]) -> list[HazardKind]:
    """Kinds of hazard for which the work stops, the gravest first."""
    kinds = {danger.kind for danger in _dangers(findings) if danger.stops}
    return [kind for kind in hazard_rules() if kind in kinds]


def first_steps(findings: Sequence[Finding]) -> list[str]:
    """What is done about the hazards before anything else."""
    stops = stopping(findings)
    accompanying = {danger.kind for danger in _dangers(findings)} - set(stops)
    rules: list[HazardRule] = [hazard_rules()[kind] for kind in stops]
    return [
        *(rule.first for rule in rules),
        *(f"Take care: {rule.first}" for kind, rule in hazard_rules().items() if kind in accompanying),
    ]


def _dangers(findings: Sequence[Finding]) -> list[Danger]:
    return [danger for finding in findings for danger in finding.dangers]
