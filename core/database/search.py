"""Finding jobs by words: which words a job has, and what a search text asks for.

The words are split here and not in PostgreSQL, whose idea of a letter depends on how its database was made: the
usual `C` locale of a container knows no `É`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, func
from sqlalchemy.dialects.postgresql import TSVECTOR

from core.errors import FieldError, InvalidInput

SEARCHED: Final = (("description",), ("customer", "name"), ("site", "address"), ("ticket", "text"))
"""Where in a `JobInput` words are looked for."""
LONGEST_WORD: Final = 64
MOST_WORDS: Final = 2_000
"""PostgreSQL takes words of 2 kB and a megabyte of them (manual, 12.11); nobody searches for more than this."""

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text, without case and accents: runs of letters and digits, each once, in their order."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in _WORD.findall(plain)))[:MOST_WORDS]


def job_words(job_input: Mapping[str, Any]) -> list[str]:
    """The words by which a job with this `JobInput` is found."""
    return words(" ".join(_texts(job_input)))


def _texts(job_input: Mapping[str, Any]) -> Iterable[str]:
    for path in SEARCHED:
        at: Any = job_input
        for name in path:
            at = at.get(name) if isinstance(at, Mapping) else None
        if isinstance(at, str):
            yield at


def words_query(text: str) -> str:
    """The `tsquery` of what begins with each word of a search text; `InvalidInput` where it has none."""
    asked = words(text)
    if not asked:
        raise InvalidInput([FieldError("/q", "must hold a letter or a digit")])
    return " & ".join(f"'{word}':*" for word in asked)


class Words(TSVECTOR):
    """A list of words on the way in; only searched, never read."""

    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        return func.array_to_tsvector(bindvalue, type_=self)
