"""How equipment names are compared.

People and tables spell one product in many ways: `JKM400M-72HL-V`, `JKM 400M 72HL-V`, `JKM400M_72HL_V`.
Compared are only letters and digits, caseless; a near miss is measured on the same form.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

SUGGESTIONS = 3
LEAST_SUGGESTED = 60.0
LEAST_FOUND = 75.0
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def compact(name: str) -> str:
    """Only the letters and digits of a name, caseless: the form in which names are equal."""
    return _NOT_ALPHANUMERIC.sub("", unicodedata.normalize("NFKC", name).casefold())


def spaced(name: str) -> str:
    """The words of a name, caseless, one space between."""
    return _NOT_ALPHANUMERIC.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()


def likeness(query: str, text: str) -> float:
    """From 0 to 100: how much of `query` is found in `text`, spelt like it or nearly so.

    Word by word, so that order and what lies between do not matter, long words weighing more; or as one run
    of letters and digits, in which a part number survives a lost or an added hyphen.
    """
    words, run = spaced(query).split(), compact(text)
    whole = fuzz.partial_ratio(compact(query), run) if len(compact(query)) <= len(run) else 0.0
    found = sum(len(word) * fuzz.partial_ratio(word, run) for word in words if len(word) <= len(run))
    return max(whole, found / sum(len(word) for word in words))


def closeness(query: str, name: str) -> float:
    """From 0 to 100: how nearly `query` is the whole of `name`."""
    return fuzz.ratio(compact(query), compact(name))


def closest(query: str, names: Sequence[str], limit: int = SUGGESTIONS) -> list[str]:
    """The names most like `query`, best first; none that is not alike at all."""
    wanted = compact(query)
    hits = process.extract(
        wanted,
        [compact(name) for name in names],
        scorer=fuzz.WRatio,
        limit=limit,
        score_cutoff=LEAST_SUGGESTED,
    )
    return [names[index] for _, _, index in hits]


def unknown(kind: str, name: str, suggestions: Iterable[str]) -> str:
    """The sentence that refuses a name."""
    listed = ", ".join(f"'{suggestion}'" for suggestion in suggestions)
    shown = name if len(name) <= 100 else name[:99] + "…"
    return f"unknown {kind} '{shown}'" + (f"; did you mean {listed}?" if listed else "")
