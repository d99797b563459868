"""The words of one language, as its data file lists them, indexed for reading."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from nodes.triage.knowledge import load_toml
from nodes.triage.phrases import Phrases, Token, tokens
from state.triage import Asset, HazardKind

LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class DangerWords:
    kind: HazardKind
    stops: bool
    says: str


@dataclass(frozen=True, slots=True)
class Denials:
    """How this language says that something is not so."""

    before: Phrases
    after: Phrases
    words: frozenset[str]
    at_clause_end: frozenset[str]
    transparent: frozenset[str]
    transparent_after: frozenset[str]
    connectors: frozenset[str]
    alternatives: frozenset[str]
    conditions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Entries in order, and the phrases that point to them by their place in that order."""

    assets: tuple[Asset, ...]
    strong: Phrases
    weak: Phrases
    modes: tuple[str, ...]
    messengers: frozenset[str]
    mode_phrases: Phrases
    dangers: tuple[DangerWords, ...]
    danger_phrases: Phrases
    masks: Phrases
    troubled: Phrases
    in_order: Phrases
    routine: Phrases
    denials: Denials
    known: frozenset[str]
    targets: tuple[tuple[str, ...], ...]
    """What misspelt words are corrected to, words of danger before others."""


@cache
def lexicon() -> Lexicon:
    """The lexicon, read and indexed once."""
    data = load_toml(f"lexicon/{LANGUAGE}.toml")
    indexed = {
        "strong": _phrases(entry["strong"] for entry in data["assets"]),
        "weak": _phrases(entry["weak"] for entry in data["assets"]),
        "mode_phrases": _phrases(entry["terms"] for entry in data["symptoms"]),
        "danger_phrases": _phrases(entry["terms"] for entry in data["dangers"]),
        **{name: _phrases([data[name]]) for name in ("masks", "troubled", "in_order", "routine")},
    }
    grave = indexed["danger_phrases"].words()
    targets = grave | indexed["strong"].words() | indexed["mode_phrases"].words()
    closed = (
        "transparent",
        "transparent_after",
        "connectors",
        "conditions",
        "denies_at_clause_end",
        "lookalikes",
    )
    denials = _denials(data)
    known = targets.union(
        *(phrases.words() for phrases in (*indexed.values(), denials.before, denials.after)),
        *(data[name] for name in closed),
    )
    return Lexicon(
        **indexed,
        assets=tuple(entry["asset"] for entry in data["assets"]),
        modes=tuple(entry["mode"] for entry in data["symptoms"]),
        messengers=frozenset(entry["mode"] for entry in data["symptoms"] if entry.get("messenger")),
        dangers=tuple(DangerWords(e["kind"], e["stops"], e["says"]) for e in data["dangers"]),
        denials=denials,
        known=frozenset(known),
        targets=(_correctable(grave), _correctable(targets - grave)),
    )


def _correctable(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(word for word in words if len(word) >= SHORTEST_CORRECTED and word.isalpha()))


def _phrases(terms: Iterable[Sequence[str]]) -> Phrases:
    return Phrases(enumerate(terms))


def _denials(data: dict[str, Any]) -> Denials:
    single = (token.word for term in data["denies_before"] if " " not in term for token in tokens(term))
    return Denials(
        before=_phrases([data["denies_before"]]),
        after=_phrases([data["denies_after"]]),
        words=frozenset(single),
        at_clause_end=frozenset(data["denies_at_clause_end"]),
        transparent=frozenset(data["transparent"]),
        transparent_after=frozenset(data["transparent_after"]),
        connectors=frozenset(data["connectors"]),
        alternatives=frozenset(data["alternatives"]),
        conditions=frozenset(data["conditions"]),
    )


SHORTEST_CORRECTED = 5
"""Shorter words have too many neighbours to be corrected."""
LONG = 9
"""Words of this length may hold a second slip, if their first letter is right."""


def read_words(text: str) -> list[Token]:
    """Tokens of the text, misspelt and run-together words put right."""
    return [Token(word, token.start, token.end) for token in tokens(text) for word in _correct(token.word)]


@lru_cache(maxsize=20_000)
def _correct(word: str) -> tuple[str, ...]:
    """The word, or what it was meant to be; several words where they were run together."""
    words = lexicon()
    if word in words.known or len(word) < SHORTEST_CORRECTED or not word.isalpha():
        return (word,)
    if parts := _run_together(word, words.known):
        return parts
    for slips in (1, 2) if len(word) >= LONG else (1,):
        for targets in words.targets:
            alike = targets if slips == 1 else [target for target in targets if target[0] == word[0]]
            if nearest := extractOne(word, alike, scorer=OSA.distance, score_cutoff=slips):
                return (nearest[0],)
    return (word,)


def _run_together(word: str, known: frozenset[str]) -> tuple[str, str] | None:
    """`groundfault` is two words that are known."""
    for cut in range(3, len(word) - 2):
        if word[:cut] in known and word[cut:] in known:
            return word[:cut], word[cut:]
    return None
