"""Phrases found in a row of words, with gaps allowed. Knows nothing of what the phrases mean."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:['’][^\W_]+)*|[.,;:!?()\n&/]")
BREAKS = frozenset(".;!?\n:()")
"""Signs that end a clause."""

Classes = Mapping[str, frozenset[str]]
"""Words of one kind by the name of the kind."""
Pattern = tuple[frozenset[str] | int, ...]
"""Words in order, each one of a set; an integer is the most words that may stand in between."""
NO_CLASSES: Classes = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Token:
    """A word in the form in which words are compared, and where it stands in the text."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found: words `start` to `end` (exclusive), of the entry `key`; `spoken` are not its gaps."""

    key: int
    start: int
    end: int
    spoken: frozenset[int] = field(default=frozenset(), compare=False)

    def within(self, other: "Match") -> bool:
        """Whether this lies inside the other, which is longer."""
        inside = other.start <= self.start and self.end <= other.end
        return inside and other.end - other.start > self.end - self.start


def tokens(text: str) -> list[Token]:
    """Words, numbers and clause signs of the text, lower case, apostrophes dropped."""
    return [
        Token(match[0].replace("'", "").replace("’", ""), match.start(), match.end())
        for match in _TOKEN.finditer(text.lower())
    ]


class Phrases:
    """Phrases by the entry they belong to, found in one pass.

    A term is words in order; `~3` in it stands for up to three other words, `<hot>` for any word of the class `hot`.
    """

    def __init__(self, entries: Iterable[tuple[int, Iterable[str]]], classes: Classes = NO_CLASSES) -> None:
        self._by_first: dict[str, list[tuple[Pattern, frozenset[str], int]]] = {}
        """Patterns by their first word, each with the words that have to follow at once, if any, and its entry."""
        for key, terms in entries:
            for term in terms:
                pattern = _pattern(term, classes)
                follows = _words(pattern[1]) if len(pattern) > 1 else frozenset[str]()
                for word in _words(pattern[0]):
                    self._by_first.setdefault(word, []).append((pattern, follows, key))

    def words(self) -> set[str]:
        """Every word that occurs in a phrase."""
        patterns = (pattern for row in self._by_first.values() for pattern, _, _ in row)
        return {word for pattern in patterns for part in pattern for word in _words(part)}

    def neighbours(self) -> set[tuple[frozenset[str], frozenset[str]]]:
        """Words that follow one another, with or without others between."""
        patterns = {pattern for row in self._by_first.values() for pattern, _, _ in row}
        spoken = [[part for part in pattern if isinstance(part, frozenset)] for pattern in patterns]
        return {pair for row in spoken for pair in pairwise(row)}

    def find(self, words: Sequence[str]) -> list[Match]:
        """Every phrase at every place; of one entry the longest at each place."""
        longest: dict[tuple[int, int], tuple[int, ...]] = {}
        for start, (word, after) in enumerate(pairwise([*words, ""])):
            for pattern, follows, key in self._by_first.get(word, ()):
                if follows and after not in follows:
                    continue
                places = _places_of(pattern, words, start)
                if places and places[-1] > longest.get((start, key), (-1,))[-1]:
                    longest[start, key] = places
        return [
            Match(key, start, places[-1] + 1, frozenset(places)) for (start, key), places in longest.items()
        ]


def unmasked(matches: Sequence[Match], masks: Sequence[Match]) -> list[Match]:
    """Those matches that no mask covers as a whole."""
    return [m for m in matches if not any(mask.start <= m.start and m.end <= mask.end for mask in masks)]


def _words(part: frozenset[str] | int) -> frozenset[str]:
    return part if isinstance(part, frozenset) else frozenset()


def _pattern(term: str, classes: Classes) -> Pattern:
    parts: list[frozenset[str] | int] = []
    for part in term.split():
        if part.startswith("~"):
            parts.append(int(part[1:]))
        elif part.startswith("<"):
            parts.append(classes[part.strip("<>")])
        else:
            parts += [frozenset({token.word}) for token in tokens(part)]
    return tuple(parts)


def _places_of(pattern: Pattern, words: Sequence[str], start: int) -> tuple[int, ...]:
    """Where the words of the pattern stand whose first one stands at `start`; nothing where it does not go on."""
    places, gap = [start], 0
    for part in pattern[1:]:
        if isinstance(part, int):
            gap = part
            continue
        reach = range(places[-1] + 1, min(places[-1] + gap + 2, len(words)))
        place = next((p for p in reach if words[p] in part or words[p] in BREAKS), None)
        if place is None or words[place] not in part:
            return ()
        places.append(place)
        gap = 0
    return tuple(places)
