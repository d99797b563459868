"""What Schemathesis is told besides, in its own process."""

from typing import Any

import schemathesis
from schemathesis import HookContext


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Have it try each operation without and with a broken token: it knows how for `http`, not for `oauth2`.

    On the wire the two are the same, `Authorization: Bearer`; the document names the flow for those who log in.
    """
    schemes = raw_schema["components"]["securitySchemes"]
    assert schemes["AccessToken"]["type"] == "oauth2"
    schemes["AccessToken"] = {"type": "http", "scheme": "bearer"}
