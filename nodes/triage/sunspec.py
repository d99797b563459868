"""SunSpec event bits: which symbol a bit of a model stands for is read from the models in the pysunspec2 wheel.

Codes name themselves: `103:GROUND_FAULT`, `103:Evt1:0` (bit number), `802:0x00000002` (register value), or the bare
symbol where the vendor is given as sunspec.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nodes.triage.knowledge import load_csv, sources

GROUPS: Mapping[int, str] = {
    2: "aggregator",
    **dict.fromkeys((101, 102, 103, 111, 112, 113, 701), "inverter"),
    **dict.fromkeys((160, 714), "input"),
    **dict.fromkeys((201, 202, 203, 204, 211, 212, 213, 214, 220), "meter"),
    **dict.fromkeys((401, 402, 403, 404), "combiner"),
    **dict.fromkeys((501, 502), "module"),
    **dict.fromkeys((802, 803, 804, 807), "battery"),
}
"""What kind of device a SunSpec model describes."""

EVENT_POINTS = frozenset(
    {"Evt", "Evt1", "Evt2", "DCEvt", "InEvt", "Alrm", "DCAlrm", "PrtAlrms", "StrEvt1", "ModEvt1", "ModEvt2"}
)

_QUALIFIED = re.compile(r"(?P<model>\d{1,3})[:./ ](?:(?P<point>[A-Za-z]+\d?)[:./ ])?(?P<what>\w+)")


@dataclass(frozen=True, slots=True)
class EventBit:
    """One event: its symbol, the failure mode it points to, and where it stands."""

    symbol: str
    group: str
    mode: str
    says: str
    source: str


def is_qualified(code: str) -> bool:
    """Whether the code carries its own model number and so needs no vendor."""
    match = _QUALIFIED.fullmatch(code.strip())
    return match is not None and int(match["model"]) in GROUPS


def read(code: str) -> list[EventBit]:
    """Events that a SunSpec code stands for; empty where it stands for none that is known."""
    match = _QUALIFIED.fullmatch(code.strip())
    if match is None or int(match["model"]) not in GROUPS:
        return _bare(code)
    model, what = int(match["model"]), match["what"]
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}", what):
        value = int(what, 16)
        wanted = [bit for bit in range(32) if value >> bit & 1]
    elif what.isdecimal():
        wanted = [int(what)]
    else:
        return _named(GROUPS[model], what, f"model {model}")
    bits = _bits(model, match["point"])
    return [
        event
        for bit in wanted
        for event in _named(GROUPS[model], bits.get(bit, ""), f"model {model} bit {bit}")
    ]


def _bare(symbol: str) -> list[EventBit]:
    found = (event for group in dict.fromkeys(GROUPS.values()) for event in _named(group, symbol, group))
    return sorted(found, key=lambda event: list(_ORDER).index(event.group))[:1]


_ORDER = ("inverter", "input", "combiner", "module", "battery", "meter", "aggregator")
"""Which device a symbol without a model is first taken for; its words are the same in all of them."""


def _named(group: str, symbol: str, where: str) -> list[EventBit]:
    row = _meanings().get((group, _plain(symbol)))
    if row is None:
        return []
    source = f"{sources()['sunspec']}, {where}"
    return [EventBit(row["symbol"], group, row["mode"], row["says"], source)]


def _plain(symbol: str) -> str:
    return symbol.strip().upper().removeprefix("M_EVENT_")


@cache
def _meanings() -> Mapping[tuple[str, str], dict[str, str]]:
    return {(row["group"], row["symbol"]): row for row in load_csv("codes/sunspec.csv")}


def _bits(model: int, point: str | None) -> Mapping[int, str]:
    points = event_points(model)
    if point is not None:
        return next((bits for name, bits in points.items() if name.lower() == point.lower()), {})
    return next(iter(points.values()), {})


@cache
def event_points(model: int) -> Mapping[str, Mapping[int, str]]:
    """Symbols by bit, by event point, as the installed wheel's JSON of that model states them."""
    spec = find_spec("sunspec2")
    if spec is None or not spec.submodule_search_locations:
        return {}
    file = Path(spec.submodule_search_locations[0]) / "models" / "json" / f"model_{model}.json"
    group = json.loads(file.read_text(encoding="utf-8"))["group"]
    return {
        point["name"]: {symbol["value"]: symbol["name"] for symbol in point["symbols"]}
        for point in _points(group)
        if point["name"] in EVENT_POINTS and point.get("symbols")
    }


def _points(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from group.get("points", ())
    for inner in group.get("groups", ()):
        yield from _points(inner)
