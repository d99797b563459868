"""What Schemathesis is told besides, in its own process. Nothing here keeps it from sending what can be sent."""

from typing import Any

import schemathesis
from schemathesis import Case, HookContext


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Have it try each operation without and with a broken token: it knows how for `http`, not for `oauth2`.

    On the wire the two are the same, `Authorization: Bearer`; the document names the flow for those who log in.
    """
    schemes = raw_schema["components"]["securitySchemes"]
    assert schemes["AccessToken"]["type"] == "oauth2"
    schemes["AccessToken"] = {"type": "http", "scheme": "bearer"}


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Put headers beyond Latin-1 on the wire as the bytes of their UTF-8; the library in between would give up."""
    for name, value in (case.headers or {}).items():
        if isinstance(value, str) and any(ord(character) > 255 for character in value):
            case.headers[name] = value.encode("utf-8", "surrogatepass").decode("latin-1")


@schemathesis.hook
def filter_query(context: HookContext, query: dict[str, Any] | None) -> bool:
    """Whether the query is on the wire what it was made to be: a name without a value is not sent at all."""
    return not query or all(value is not None and value not in ([], {}) for value in query.values())
