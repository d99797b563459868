"""Figures that a text quotes, as `620 V to frame` or `lug at 140C`, held against their limits."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nodes.triage.lexicon import Lexicon, ReadingWords
from nodes.triage.phrases import BREAKS, Token

Convert = Callable[[float], float]


def _times(factor: float) -> Convert:
    return lambda value: value * factor


UNITS: Mapping[str, Mapping[str, Convert]] = {
    "temperature_c": {
        "°?c": _times(1),
        "deg ?c": _times(1),
        "degrees ?c(?:elsius)?": _times(1),
        "celsius": _times(1),
        "°?f": lambda value: (value - 32) / 1.8,
        "deg ?f": lambda value: (value - 32) / 1.8,
        "degrees ?f(?:ahrenheit)?": lambda value: (value - 32) / 1.8,
    },
    "current_ma": {"ma": _times(1), "milliamps?": _times(1)},
    "voltage_v": {"v(?:dc|ac)?": _times(1), "volts?": _times(1), "kv": _times(1000)},
    "resistance_mohm": {
        "ohms?": _times(1e-6),
        "ω": _times(1e-6),
        "k ?(?:ohms?|ω)?": _times(1e-3),
        "m ?(?:ohms?|ω)": _times(1),
        "meg(?:ohms?|s)?": _times(1),
    },
    "wind_m_s": {
        "m/s": _times(1),
        "mph": _times(0.44704),
        "km/?h": _times(1 / 3.6),
        "kph": _times(1 / 3.6),
        "kmh": _times(1 / 3.6),
        "kn(?:ots?|ts?)?": _times(0.514444),
        "kts?": _times(0.514444),
    },
}
"""Spellings of units (lower case) and how they become the quantity's own."""

_FIGURES: Mapping[str, Sequence[tuple[re.Pattern[str], Convert]]] = {
    quantity: [
        (re.compile(rf"(?<![\w.])(\d+(?:[.,]\d+)?) ?(?:{unit})(?!\w)"), convert)
        for unit, convert in units.items()
    ]
    for quantity, units in UNITS.items()
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure beyond its limit; words `start` to `end` (exclusive) are the clause it stands in."""

    words: ReadingWords
    start: int
    end: int


def readings(text: str, tokens: Sequence[Token], known: Lexicon) -> list[Reading]:
    """Figures beyond their limits, in the clause that says what they are of."""
    lowered = text.lower()
    found: list[Reading] = []
    for rule in known.readings:
        for value, at in _figures(lowered, rule.quantity):
            if not rule.below > value >= rule.above:
                continue
            start, end = _clause(tokens, at)
            words = [token.word for token in tokens[start:end]]
            if rule.near.find(words) and not rule.unless.find(words):
                found.append(Reading(rule, start, end))
    return found


def _figures(text: str, quantity: str) -> Iterator[tuple[float, int]]:
    for pattern, convert in _FIGURES[quantity]:
        for match in pattern.finditer(text):
            yield convert(float(match[1].replace(",", "."))), match.start()


def _clause(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    """The words between the clause signs around the character `at`."""
    signs = [place for place, token in enumerate(tokens) if token.word in BREAKS]
    start = max((place + 1 for place in signs if tokens[place].end <= at), default=0)
    end = min((place for place in signs if tokens[place].start > at), default=len(tokens))
    return start, end
