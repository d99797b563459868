"""What one piece of evidence says. Every reader (codes, measurements, text) hands over these, nothing else."""

from dataclasses import dataclass, field
from typing import Literal

from state.triage import Asset, Evidence, HazardKind, Priority

Source = Literal["code", "measurement", "text", "history", "llm"]

RANK: dict[Source, int] = {"code": 0, "measurement": 1, "text": 2, "history": 3, "llm": 4}
"""A decoded fault code outranks a measurement, a measurement outranks words, words what was here before."""


@dataclass(frozen=True, slots=True)
class Danger:
    """A hazard that evidence points to. `stops` the work, or only accompanies it as a precaution."""

    kind: HazardKind
    evidence: str
    stops: bool
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation: what was seen, what it says, by which rule, and what it points to.

    `weight` is how far this alone supports what it points to, from 0 to 1. `clears` names hazard kinds and
    failure modes that this observation speaks against: shown as a contradiction, never used to remove a hazard.
    `at_least` is how urgent this makes the ticket whatever else is found.
    """

    source: Source
    quote: str
    says: str
    rule: str
    weight: float = 0.0
    asset: Asset | None = None
    mode: str | None = None
    cause: str | None = None
    lost_share: float | None = None
    dangers: tuple[Danger, ...] = ()
    at_least: Priority | None = None
    clears: frozenset[str] = field(default_factory=frozenset)

    def evidence(self) -> Evidence:
        return Evidence(source=self.source, quote=self.quote, says=self.says, rule=self.rule)
