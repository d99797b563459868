"""The two jobs of `solarsync demo`, as a technician would send them."""

import json
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def load(name: str) -> dict[str, Any]:
    """One of the JobInputs beside this file."""
    document: dict[str, Any] = json.loads((files(__package__) / f"{name}.json").read_text())
    return document


def greensboro_year() -> Path:
    """The typical year (TMY3) of Greensboro's airport in pvlib's wheel, found without importing it."""
    spec = find_spec("pvlib")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pvlib, which carries the typical year, is not installed")
    return Path(spec.origin).parent / "data" / "723170TYA.CSV"
