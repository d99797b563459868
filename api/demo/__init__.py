"""The two jobs of `solarsync demo`, as a technician would send them."""

import json
from importlib.resources import files
from typing import Any


def load(name: str) -> dict[str, Any]:
    """One of the JobInputs beside this file."""
    document: dict[str, Any] = json.loads((files(__package__) / f"{name}.json").read_text())
    return document
