"""The words of one language, as the files of its folder list them, indexed for reading."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf
from typing import Any

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from nodes.triage.knowledge import DATA, load_toml
from nodes.triage.phrases import Phrases, Token, tokens
from state.triage import Asset, HazardKind

LANGUAGE = "en"
FILES = (
    "assets",
    "classes",
    "dangers",
    "denial",
    "harmless",
    "readings",
    "spelling",
    "symptoms",
)
"""The files of a language's folder."""
CLOSED = (
    "transparent",
    "transparent_after",
    "connectors",
    "conditions",
    "denies_at_clause_end",
    "lookalikes",
    "shorthand",
)
"""Lists whose words are known but never what a misspelt word was meant to be."""


@dataclass(frozen=True, slots=True)
class DangerWords:
    kind: HazardKind
    stops: bool
    says: str


@dataclass(frozen=True, slots=True)
class ReadingWords:
    """A figure in the text that is a danger beyond its limit, where one of `near` stands in the same clause."""

    kind: HazardKind
    says: str
    source: str
    quantity: str
    above: float
    below: float
    near: Phrases
    unless: Phrases


@dataclass(frozen=True, slots=True)
class Denials:
    """How this language says that something is not so."""

    before: Phrases
    after: Phrases
    words: frozenset[str]
    at_clause_end: frozenset[str]
    transparent: frozenset[str]
    transparent_after: frozenset[str]
    verbs: frozenset[str]
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
    readings: tuple[ReadingWords, ...]
    shorthand: Mapping[str, tuple[str, ...]]
    known: frozenset[str]
    targets: tuple[tuple[str, ...], ...]
    """What misspelt words are corrected to, words of danger before others."""
    alone: tuple[str, ...]
    """Words that tell of a danger all by themselves."""
    neighbours: frozenset[tuple[frozenset[str], frozenset[str]]]
    """Words that follow one another in a phrase."""


@cache
def languages() -> tuple[str, ...]:
    """Languages that tickets are read in: one folder of word lists each."""
    return tuple(sorted(folder.name for folder in (DATA / "lexicon").iterdir() if folder.is_dir()))


@cache
def lexicon(language: str = LANGUAGE) -> Lexicon:
    """The words of a language, read and indexed once."""
    data: dict[str, Any] = {}
    for name in FILES:
        data |= load_toml(f"lexicon/{language}/{name}.toml")
    classes = {name: frozenset(members) for name, members in data["classes"].items()}
    shorthand = {word: tuple(meant.split()) for word, meant in data["shorthand"].items()}

    def phrases(terms: Iterable[Sequence[str]]) -> Phrases:
        return Phrases(enumerate([_spelt_out(term, shorthand) for term in row] for row in terms), classes)

    indexed = {
        "strong": phrases(entry["strong"] for entry in data["assets"]),
        "weak": phrases(entry["weak"] for entry in data["assets"]),
        "mode_phrases": phrases(entry["terms"] for entry in data["symptoms"]),
        "danger_phrases": phrases(entry["terms"] for entry in data["dangers"]),
        **{name: phrases([data[name]]) for name in ("masks", "troubled", "in_order", "routine")},
    }
    grave = indexed["danger_phrases"].words()
    targets = grave | indexed["strong"].words() | indexed["mode_phrases"].words()
    denials = _denials(data)
    known = targets.union(
        *(phrases.words() for phrases in (*indexed.values(), denials.before, denials.after)),
        *(data[name] for name in CLOSED),
    )
    return Lexicon(
        **indexed,
        assets=tuple(entry["asset"] for entry in data["assets"]),
        modes=tuple(entry["mode"] for entry in data["symptoms"]),
        messengers=frozenset(entry["mode"] for entry in data["symptoms"] if entry.get("messenger")),
        dangers=tuple(DangerWords(e["kind"], e["stops"], e["says"]) for e in data["dangers"]),
        denials=denials,
        readings=tuple(_reading(row, phrases) for row in data["readings"]),
        shorthand=shorthand,
        known=frozenset(known),
        alone=_correctable(term for entry in data["dangers"] for term in entry["terms"] if " " not in term),
        neighbours=frozenset().union(
            *(indexed[name].neighbours() for name in ("danger_phrases", "mode_phrases", "strong"))
        ),
        targets=(_correctable(grave), _correctable(targets - grave)),
    )


def _spelt_out(term: str, shorthand: Mapping[str, tuple[str, ...]]) -> str:
    return " ".join(meant for word in term.split() for meant in shorthand.get(word, (word,)))


def _reading(row: dict[str, Any], phrases: Callable[[list[list[str]]], Phrases]) -> ReadingWords:
    return ReadingWords(
        kind=row["kind"],
        says=row["says"],
        source=row["source"],
        quantity=row["quantity"],
        above=row.get("above", -inf),
        below=row.get("below", inf),
        near=phrases([row["near"]]),
        unless=phrases([row.get("unless", [])]),
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
        verbs=frozenset(data["verbs"]),
        connectors=frozenset(data["connectors"]),
        alternatives=frozenset(data["alternatives"]),
        conditions=frozenset(data["conditions"]),
    )


SHORTEST_CORRECTED = 5
"""Shorter words have too many neighbours to be corrected."""
SHORTEST_SHORTENED = 4
"""Shorter words are not taken for words without their vowels."""
LONG = 9
"""Words of this length may hold a second slip. The first letter is always taken to be right: `pinged` is not singed."""


def read_words(text: str, language: str = LANGUAGE) -> list[Token]:
    """Tokens of the text, shorthand written out, misspelt and run-together words put right."""
    return [
        Token(word, token.start, token.end) for token in tokens(text) for word in _meant(token.word, language)
    ]


@lru_cache(maxsize=20_000)
def _meant(word: str, language: str) -> tuple[str, ...]:
    words = lexicon(language)
    return tuple(meant for right in _correct(word, words) for meant in words.shorthand.get(right, (right,)))


def _correct(word: str, words: Lexicon) -> tuple[str, ...]:
    """The word, or what it was meant to be; several words where they were run together."""
    if word in words.known or not word.isalpha():
        return (word,)
    if len(word) < SHORTEST_CORRECTED:
        return _with_vowels(word, words)
    if parts := _run_together(word, words):
        return parts
    for slips in (1, 2) if len(word) >= LONG else (1,):
        for targets in words.targets:
            alike = [target for target in targets if target[0] == word[0]]
            if nearest := extractOne(word, alike, scorer=OSA.distance, score_cutoff=slips):
                return (nearest[0],)
    return _with_vowels(word, words)


def _with_vowels(word: str, words: Lexicon) -> tuple[str, ...]:
    """`smke`, `brnt`: haste drops vowels. Only where one word that alone is a danger has these consonants."""
    bare = _consonants(word)
    if len(word) < SHORTEST_SHORTENED or len(bare) < SHORTEST_SHORTENED - 1:
        return (word,)
    meant = [
        target
        for target in words.alone
        if target[0] == word[0] and len(target) > len(word) and _consonants(target) == bare
    ]
    return (meant[0],) if len(meant) == 1 else (word,)


def _consonants(word: str) -> str:
    return word[0] + "".join(letter for letter in word[1:] if letter not in "aeiou")


def _run_together(word: str, words: Lexicon) -> tuple[str, ...] | None:
    """`groundfault`, `gndflt` and `groundfalt` are two words that stand side by side in a phrase."""
    for slips in (0, 1):
        for cut in range(3, len(word) - 2):
            left, right = (words.shorthand.get(half, (half,))[-1] for half in (word[:cut], word[cut:]))
            for first, second in words.neighbours:
                if left in first and (meant := _nearest(right, second, slips)):
                    return left, meant
    return None


def _nearest(word: str, choices: frozenset[str], slips: int) -> str | None:
    if word in choices:
        return word
    if not slips or len(word) < SHORTEST_SHORTENED:
        return None
    alike = [choice for choice in choices if choice[0] == word[0] and len(choice) >= SHORTEST_CORRECTED]
    nearest = extractOne(word, alike, scorer=OSA.distance, score_cutoff=slips)
    return nearest[0] if nearest else None
