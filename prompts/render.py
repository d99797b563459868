"""Prompts as they are sent: a file of this folder with its variables filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_FILE: Final = re.compile(
    r"\A---\nversion: (?P<version>\d+)\n---\n+# System\n+(?P<system>.+?)\n+# User\n+(?P<user>.+?)\n*\Z",
    re.DOTALL,
)
_VARIABLE: Final = re.compile(r"\{\{ (\w+) \}\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is told before it is asked (`system`), and what it is asked (`user`)."""

    version: str
    """Name and version of the file, as results cite it."""
    system: str
    user: str


def render(name: str, variables: Mapping[str, str]) -> Prompt:
    """Fill in a prompt. Raises `LookupError` where a variable is missing or given in vain, or the file is malformed.

    Values are put in once and never looked through again: braces in them stay what they are.
    """
    version, system, user = _read(name)
    named = set(_VARIABLE.findall(system + user))
    if unlike := named ^ set(variables):
        raise LookupError(f"prompt {name}: {', '.join(sorted(unlike))} missing or not used")

    def filled(text: str) -> str:
        return _VARIABLE.sub(lambda match: variables[match[1]], text)

    return Prompt(version, filled(system), filled(user))


@cache
def _read(name: str) -> tuple[str, str, str]:
    found = _FILE.match(files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"prompt {name}: needs a head with a version, then # System and # User")
    return f"{name}/{found['version']}", found["system"], found["user"]
