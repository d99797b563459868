"""From findings to hypotheses, the likeliest first, and to what contradicts what."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from nodes.triage.findings import RANK, Finding, Source
from nodes.triage.knowledge import Mode, modes
from state.triage import Asset

CONTESTED = 0.75
"""What remains of a confidence that other evidence contradicts."""
CERTAIN = 0.97
"""The most that evidence from afar can give."""
AGREEING = 0.5
"""How far evidence that names the same asset but not the same failure counts for a hypothesis."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One explanation: what failed and how, on which evidence, and how sure that makes it."""

    asset: Asset
    mode: Mode | None
    source: Source
    confidence: float


def rank(findings: Sequence[Finding]) -> list[Ranked]:
    """Explanations in order: by the strongest kind of evidence for them, then danger, then support.

    A decoded code comes before a measurement and a measurement before words, whatever their number; weaker kinds
    only raise or lower the confidence.
    """
    candidates = _candidates(findings)
    ranked = [_weighed(asset, mode, findings) for asset, mode in candidates]
    return sorted(ranked, key=_order)


def _order(hypothesis: Ranked) -> tuple[int, bool, float]:
    dangerous = hypothesis.mode is not None and bool(hypothesis.mode.hazards)
    outranks = hypothesis.source != "text"
    return (RANK[hypothesis.source], not (dangerous and outranks), -hypothesis.confidence)


def _candidates(findings: Sequence[Finding]) -> list[tuple[Asset, Mode | None]]:
    """Each failure mode named, once, with its asset; and assets that are named without a failure.

    Where only words name a failure, it belongs to the asset that the words are about.
    """
    spoken = sorted((f for f in findings if f.weight > 0), key=lambda f: RANK[f.source])
    subject = next((f.asset for f in spoken if f.source == "text" and f.asset), None)
    assets: dict[str, Asset] = {}
    for finding in spoken:
        if finding.mode:
            own = finding.asset if finding.source != "text" else None
            assets.setdefault(finding.mode, own or subject or modes()[finding.mode].asset)
    bare = dict.fromkeys(f.asset for f in spoken if f.asset and not f.mode and f.asset not in assets.values())
    return [*((asset, modes()[mode]) for mode, asset in assets.items()), *((asset, None) for asset in bare)]


def _weighed(asset: Asset, mode: Mode | None, findings: Sequence[Finding]) -> Ranked:
    direct = [f for f in findings if f.weight and (f.mode == mode.id if mode else f.asset == asset)]
    agreeing = [f for f in findings if f.weight and f not in direct and f.asset == asset]
    against = [f for f in findings if mode and f.clears & {mode.id, *mode.hazards}]
    support = 1 - prod([*(1 - f.weight for f in direct), *(1 - AGREEING * f.weight for f in agreeing)])
    confidence = min(CERTAIN, support) * (CONTESTED if against else 1.0)
    source = min((f.source for f in direct or agreeing), key=RANK.__getitem__)
    return Ranked(asset, mode, source, round(confidence, 3))


def contradictions(findings: Sequence[Finding], ranked: Sequence[Ranked]) -> list[str]:
    """What speaks against what, each as a sentence that names both sides."""
    said = [f for f in findings if (f.mode or f.dangers) and f.source != "history"]
    against = [
        f"{_named(f)} says {modes()[f.mode].label if f.mode else f.says}; {_named(other)}: {other.says}"
        for f in said
        for other in findings
        if other.clears & ({f.mode} | {danger.kind for danger in f.dangers})
    ]
    return list(dict.fromkeys([*against, *_rivals(ranked)]))


def _named(finding: Finding) -> str:
    return f"{finding.source} “{finding.quote}”"


def _rivals(ranked: Sequence[Ranked]) -> list[str]:
    """Devices and instruments that point to different assets."""
    firm = [r for r in ranked if r.source != "text" and r.mode and r.asset != "unknown"]
    if len({r.asset for r in firm}) < 2:
        return []
    first, other = firm[0], next(r for r in firm if r.asset != firm[0].asset)
    return [f"{_pointing(first)}, but {_pointing(other)}"]


def _pointing(hypothesis: Ranked) -> str:
    asset = hypothesis.asset.replace("_", " ")
    label = hypothesis.mode.label if hypothesis.mode else "no failure named"
    return f"{hypothesis.source} evidence points to the {asset} ({label})"
