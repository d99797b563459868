"""Well-known appliances: what they usually draw, where a job does not say."""

import re
import tomllib
from functools import cache
from importlib.resources import files

from rapidfuzz import fuzz

from core.catalog.names import LEAST_FOUND, closeness, compact, likeness
from state.demand import KnownAppliance

LEAST_MISSPELT = 84.0
"""Likeness from which a word is taken for a misspelt one; `frige` is 91 % a `fridge`."""
SHORTEST_MISSPELT = 5


@cache
def appliances() -> tuple[KnownAppliance, ...]:
    text = files(__package__).joinpath("appliances.toml").read_text("utf-8")
    return tuple(KnownAppliance.model_validate(row) for row in tomllib.loads(text)["rows"])


def search_appliances(query: str = "", limit: int = 20) -> list[KnownAppliance]:
    """Those most like `query`, best first; all, in table order, for an empty query."""
    if not compact(query):
        return list(appliances()[:limit])
    scored = [
        (max(max(likeness(query, name), closeness(query, name)) for name in (each.name, *each.aliases)), each)
        for each in appliances()
    ]
    ranked = sorted(scored, key=lambda pair: -pair[0])
    return [each for found, each in ranked[:limit] if found >= LEAST_FOUND]


def known_appliance(name: str) -> KnownAppliance | None:
    """The appliance that the last words of `name` say, also misspelt: `Kitchen lights` is a light."""
    words = re.findall(r"[a-z]+", name.casefold())
    singular = [*words[:-1], words[-1].removesuffix("s")] if words else []
    best: tuple[float, KnownAppliance] | None = None
    for appliance in appliances():
        for alias in (alias.split() for alias in appliance.aliases):
            score = max(_sameness(words[-len(alias) :], alias), _sameness(singular[-len(alias) :], alias))
            # Of two names that fit, the one that says more is meant; an exact one before a misspelt.
            weight = score + len(alias)
            if score and (best is None or weight > best[0]):
                best = (weight, appliance)
    return None if best is None else best[1]


def _sameness(said: list[str], alias: list[str]) -> float:
    """100 for the same words, less for misspelt ones, 0 for others."""
    if said == alias:
        return 100.0
    one, other = " ".join(said), " ".join(alias)
    if len(said) != len(alias) or min(len(one), len(other)) < SHORTEST_MISSPELT:
        return 0.0
    found = fuzz.ratio(one, other)
    return found if found >= LEAST_MISSPELT else 0.0
