"""Whose fault codes these are. A code means nothing without its vendor, so an unclear one is asked about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import OSA

from nodes.triage.knowledge import Vendor, vendors

GENERIC = frozenset(
    {"solar", "power", "energy", "electric", "systems", "technologies", "inverter", "battery"}
)
"""Words of company names that are nobody's misspelt brand: solar is one letter from Sofar."""

OTHER = "other"
"""The answer where the vendor is none of those known."""


@dataclass(frozen=True, slots=True)
class Named:
    """The vendors that words may mean: none, one, or several that share a brand. `said` are the words."""

    ids: tuple[str, ...]
    said: str | None = None

    @property
    def only(self) -> str | None:
        return self.ids[0] if len(self.ids) == 1 else None


def from_name(said: str) -> Named:
    """Vendors that a vendor field names, a slip of the pen allowed for."""
    found = _likeliest(_aliases_in(said)) or _misspelt(said)
    return Named(found, said)


def from_text(text: str) -> Named:
    """The vendor that a free text names, if it is one only: two brands in one text decide nothing."""
    named = _aliases_in(text)
    brands = {ids for alias in named if len(ids := _sharing(alias)) == 1}
    found = _likeliest(named) if len(brands) <= 1 else ()
    return Named(found, ", ".join(vendors()[v].label for v in found) if found else None)


def narrowed(named: Named, text: str) -> Named:
    """The same, made unique by a product name in the text where the brand alone is ambiguous."""
    if len(named.ids) < 2:
        return named
    both = tuple(v for v in _likeliest(_aliases_in(f"{named.said} {text}")) if v in named.ids)
    return Named(both, named.said) if both else named


def _likeliest(aliases: Sequence[str]) -> tuple[str, ...]:
    """Whose the alias is that fewest vendors share; of two such the longer one."""
    hits = [(len(_sharing(alias)), -len(alias), alias) for alias in aliases]
    return _sharing(min(hits)[2]) if hits else ()


def _misspelt(said: str) -> tuple[str, ...]:
    words = set(re.findall(r"[a-z0-9-]+", said.lower())) - GENERIC
    for alias in _aliases():
        if len(alias) >= 5 and any(OSA.distance(alias, word, score_cutoff=1) <= 1 for word in words):
            return _sharing(alias)
    return ()


@cache
def _aliases() -> tuple[str, ...]:
    return tuple(dict.fromkeys(alias for vendor in vendors().values() for alias in vendor.aliases))


def _sharing(alias: str) -> tuple[str, ...]:
    def has(vendor: Vendor) -> bool:
        return alias in vendor.aliases

    return tuple(vendor.id for vendor in vendors().values() if has(vendor))


def _aliases_in(text: str) -> list[str]:
    """Every alias that stands in the text as words of its own."""
    lower = text.lower()
    return [
        alias
        for alias in _aliases()
        if alias in lower and re.search(rf"(?<![a-z0-9]){re.escape(alias)}(?![a-z0-9])", lower)
    ]
