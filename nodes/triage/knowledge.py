"""The knowledge of triage, read once from the data files beside this module: every row with its source."""

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from state.triage import Asset, HazardKind

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Mode:
    """A way in which something fails, and what to do about it."""

    id: str
    asset: Asset
    component: str
    label: str
    cause: str
    lost_share: float
    visit: bool
    remote: str | None
    hazards: tuple[HazardKind, ...]
    precautions: tuple[HazardKind, ...]
    checks: tuple[str, ...]
    parts: tuple[str, ...]
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """What a vendor's fault code means. `source` says where the row was read."""

    code: str
    names: tuple[str, ...]
    mode: str
    says: str
    source: str


@dataclass(frozen=True, slots=True)
class Vendor:
    id: str
    label: str
    aliases: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class HazardRule:
    """What a hazard rests on, and what is done before anything else."""

    kind: HazardKind
    rule: str
    first: str
    source: str


def load_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def load_csv(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def modes() -> Mapping[str, Mode]:
    """Failure modes by id."""
    files = sorted((DATA / "modes").glob("*.toml"))
    rows = {mode: row for file in files for mode, row in load_toml(f"modes/{file.name}").items()}
    return MappingProxyType({mode: _mode(mode, row) for mode, row in rows.items()})


def _mode(mode: str, row: dict[str, Any]) -> Mode:
    return Mode(
        id=mode,
        asset=row["asset"],
        component=row["component"],
        label=row["label"],
        cause=row["cause"],
        lost_share=row["lost_share"],
        visit=row["visit"],
        remote=row.get("remote"),
        hazards=tuple(row.get("hazards", ())),
        precautions=tuple(row.get("precautions", ())),
        checks=tuple(row["checks"]),
        parts=tuple(row["parts"]),
        skills=tuple(row["skills"]),
    )


@cache
def vendors() -> Mapping[str, Vendor]:
    """Vendors by id, including such as are told apart although no table of theirs is known."""
    rows = load_toml("vendors.toml")
    return MappingProxyType(
        {v: Vendor(v, row["label"], tuple(row["aliases"]), row.get("note")) for v, row in rows.items()}
    )


@cache
def codes(vendor: str) -> Mapping[str, Code]:
    """Fault codes of one vendor by the code as its source writes it; empty where no table is known."""
    if not (DATA / "codes" / f"{vendor}.csv").exists():
        return MappingProxyType({})
    titles = sources()
    return MappingProxyType(
        {
            row["code"]: Code(
                row["code"],
                tuple(filter(None, row["names"].split("|"))),
                row["mode"],
                row["says"],
                titles[row["source"]],
            )
            for row in load_csv(f"codes/{vendor}.csv")
        }
    )


@cache
def names(vendor: str) -> Mapping[str, Code]:
    """The same codes by the messages that a display shows, squeezed."""
    return MappingProxyType({squeeze(name): code for code in codes(vendor).values() for name in code.names})


@cache
def sources() -> Mapping[str, str]:
    """Titles of what was read, by the short name that rows use."""
    return MappingProxyType({name: row["title"] for name, row in load_toml("sources.toml").items()})


@cache
def hazard_rules() -> Mapping[HazardKind, HazardRule]:
    """Hazard rules, the gravest first."""
    rules = [HazardRule(**row) for row in load_toml("hazards.toml")["hazards"]]
    return MappingProxyType({rule.kind: rule for rule in rules})


@cache
def limits() -> Mapping[str, Mapping[str, Any]]:
    """Limits that measurements are held against."""
    return MappingProxyType(load_toml("measurements.toml"))


def squeeze(text: str) -> str:
    """Letters and digits only, lower case: how two spellings of one name are compared."""
    return re.sub(r"[^a-z0-9]", "", text.lower())
