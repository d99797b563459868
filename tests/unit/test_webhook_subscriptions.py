"""The table of event types against the code that writes events."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from core.database.alerts import CLOSED, OPENED, UPDATED
from core.webhooks.subscriptions import EVENT_TYPES

ROOT = Path(__file__).parents[2]
WRITERS = {"Event", "record", "note", "_note"}
TYPE = re.compile(r"[a-z]+\.[a-z_]+")


def _written(tree: ast.AST) -> Iterator[str]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in WRITERS:
            values = (part.value for part in call.args if isinstance(part, ast.Constant))
            yield from (value for value in values if isinstance(value, str) and TYPE.fullmatch(value))


def test_a_webhook_may_ask_for_every_event_that_is_ever_written() -> None:
    sources = (path for folder in ("api", "core", "graph") for path in (ROOT / folder).rglob("*.py"))
    written = {event for path in sources for event in _written(ast.parse(path.read_text()))}
    assert written | {OPENED, UPDATED, CLOSED} == set(EVENT_TYPES)  # the last three are written by name
