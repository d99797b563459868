"""Which asset a text is about: what it mentions, how often, how early, and what it says is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, sqrt

from nodes.triage.lexicon import Lexicon
from nodes.triage.phrases import BREAKS, Match, unmasked
from state.triage import Asset

STRONG, WEAK = 1.0, 0.35
"""What a word that names the asset counts, and one that only hints at it."""
FIRST = 0.6
"""Added to the first asset a text names: tickets begin with their subject."""
TROUBLED, IN_ORDER = 1.6, 0.2
"""Factors where trouble, or that all is well, stands within `REACH` words in the same clause."""
REACH = 4
SYMPTOM = 0.7
"""Added to the asset that a named failure mode belongs to."""
ROUTINE = 0.5
"""Added to the site for each of the first two words of planned work."""
DEVICES: frozenset[Asset] = frozenset(
    {
        "inverter",
        "combiner",
        "transformer",
        "switchgear",
        "tracker",
        "battery",
        "meter",
        "met_station",
        "communications",
        "monitoring",
    }
)
WIDESPREAD = 4
"""So many kinds of device in one ticket, as after lightning or a grid event, concern the site."""
ENOUGH = 1.2
"""The score at which a text is two thirds sure."""
CEILING = 0.6
"""The most that words alone can support an asset."""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An asset; `support` is between 0 and `CEILING`; `at` is its first word."""

    asset: Asset
    support: float
    at: Match


def mentioned(
    words: Sequence[str], lexicon: Lexicon, masks: Sequence[Match], modes: Mapping[Asset, int]
) -> list[Mentioned]:
    """Assets that the text mentions, best supported first.

    `modes` counts the failure modes named in the text by the asset they belong to; a text that names none but the
    site's own, as planned work, and no trouble with anything, is about the site. Repeated mentions count less
    and less, so that a long log does not drown its subject.
    """
    strong = unmasked(lexicon.strong.find(words), masks)
    weak = [m for m in unmasked(lexicon.weak.find(words), masks) if not any(m.within(s) for s in strong)]
    near = _Surroundings(words, lexicon)
    strong = [m for m in strong if not any(m.within(other) for other in strong)]

    weights: dict[Asset, list[float]] = {}
    first: dict[Asset, Match] = {}
    for match, base in sorted(
        [(m, STRONG) for m in strong] + [(m, WEAK) for m in weak], key=lambda e: e[0].start
    ):
        asset = lexicon.assets[match.key]
        weights.setdefault(asset, []).append(base * near.factor(match))
        first.setdefault(asset, match)
    if not weights:
        return []

    subject = min(strong or weak, key=lambda m: m.start)
    scores = {asset: _diminishing(values) for asset, values in weights.items()}
    scores[lexicon.assets[subject.key]] += (
        FIRST * (STRONG if strong else WEAK) * min(1.0, near.factor(subject))
    )
    for asset, count in modes.items():
        if asset in scores:
            scores[asset] += SYMPTOM * min(count, 2)
    if set(modes) == {"facility"} and not any(near.troubled(m) for m in (*strong, *weak)):
        scores["facility"] = scores.get("facility", 0.0) + max(scores.values()) + ROUTINE
    if routine := len({(m.start, m.end) for m in lexicon.routine.find(words)}):
        scores["facility"] = scores.get("facility", 0.0) + ROUTINE * min(routine, 2)
    if _widespread(scores, {lexicon.assets[m.key] for m in strong}):
        scores["facility"] = scores.get("facility", 0.0) + max(scores.values())
    total = sum(scores.values())
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    return [Mentioned(asset, _support(score, total), first.get(asset, subject)) for asset, score in ranked]


def _widespread(scores: Mapping[Asset, float], named: set[Asset]) -> bool:
    """Whether so many kinds of device are named, none above the others, that the site itself is the subject."""
    return len(named & DEVICES) >= WIDESPREAD and max(scores.values()) < sum(scores.values()) / 2


def _support(score: float, total: float) -> float:
    return CEILING * (1 - exp(-score / ENOUGH)) * sqrt(score / total)


def _diminishing(values: Sequence[float]) -> float:
    return float(sum(value / (place + 1) for place, value in enumerate(sorted(values, reverse=True))))


class _Surroundings:
    """Words of trouble and of order, and the clause signs between which they count."""

    def __init__(self, words: Sequence[str], lexicon: Lexicon) -> None:
        self._words = words
        self._in_order = lexicon.in_order.find(words)
        self._troubled = unmasked(lexicon.troubled.find(words), self._in_order)

    def troubled(self, match: Match) -> bool:
        return self._near(match, self._troubled)

    def factor(self, match: Match) -> float:
        if self.troubled(match):
            return TROUBLED
        return IN_ORDER if self._near(match, self._in_order) else 1.0

    def _near(self, match: Match, others: Sequence[Match]) -> bool:
        return any(
            self._one_clause(match.end, other.start) or self._one_clause(other.end, match.start)
            for other in others
        )

    def _one_clause(self, start: int, end: int) -> bool:
        """Whether at most `REACH` words and no clause sign lie from `start` to `end`."""
        return 0 <= end - start <= REACH and not any(word in BREAKS for word in self._words[start:end])
