"""The CEC tables that pvlib ships, for energy work: single-diode and Sandia inverter parameters by name.

A CEC inverter row is a set of test points, not a datasheet: its `Vdcmax` equals its `Mppt_high`, its `Idcmax`
is `Pdco / Vdco`, and it knows neither trackers nor short-circuit currents. So limits are not offered here;
electrical checks take a curated datasheet or the technician's own.

The tables are found without importing pvlib, which costs most of a second. Parsing takes 0.1 to 0.3 s once;
with a `cache_dir` the parsed form is kept there and loads in milliseconds. A cache that cannot be read or
written is no error.
"""

import bisect
import csv
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.catalog.names import SUGGESTIONS, closest, compact, unknown
from core.errors import ConfigurationError, NotFound
from state.equipment import ModuleDatasheet

# Raised whenever the content of a cache file changes its meaning.
CACHE_VERSION = 1
HEADER_ROWS = 3
# A shorter name is a fragment, not a type designation.
SHORTEST_TYPE = 5


@dataclass(frozen=True, slots=True)
class CecModule:
    """A module of the CEC list: its values at standard test conditions and its single-diode parameters.

    Names are those of pvlib's `calcparams_cec` in lower case; `stc` is the power [W], `alpha_sc` [A/K],
    `beta_oc` [V/K], `gamma_r` [%/K], `adjust` [%], `temp_noct` [°C], `area` [m²].
    """

    name: str
    stc: float
    area: float
    cells_in_series: float
    i_sc: float
    v_oc: float
    i_mp: float
    v_mp: float
    alpha_sc: float
    beta_oc: float
    temp_noct: float
    a_ref: float
    i_l_ref: float
    i_o_ref: float
    r_s: float
    r_sh_ref: float
    adjust: float
    gamma_r: float

    def datasheet(self) -> ModuleDatasheet:
        """The row as a datasheet. System voltage and series fuse are absent: the CEC list has neither."""
        return ModuleDatasheet(
            manufacturer="CEC list",
            model=self.name,
            p_mp_w=self.stc,
            v_oc_v=self.v_oc,
            i_sc_a=self.i_sc,
            v_mp_v=self.v_mp,
            i_mp_a=self.i_mp,
            alpha_isc_pct_per_c=round(100 * self.alpha_sc / self.i_sc, 4),
            beta_voc_pct_per_c=round(100 * self.beta_oc / self.v_oc, 4),
            gamma_pmp_pct_per_c=self.gamma_r,
            area_m2=self.area,
            source=f"CEC module list of 2019-03-05 in SAM's form, as pvlib ships it, row '{self.name}'; "
            "the list states neither system voltage nor series fuse",
        )


@dataclass(frozen=True, slots=True)
class CecInverter:
    """Parameters of the Sandia inverter model: powers [W], `vdco` [V], `c0` [1/W], `c1` to `c3` [1/V].

    `paco` is the AC power at full load, `pdco` the DC power at which it is reached at `vdco`, `pso` the DC
    power that starts inversion, `pnt` the draw at night. The grid voltage of the test is part of the name.
    """

    name: str
    pso: float
    paco: float
    pdco: float
    vdco: float
    c0: float
    c1: float
    c2: float
    c3: float
    pnt: float


Row = TypeVar("Row", bound=CecModule | CecInverter)

# Column of pvlib's file for each number of a row, in the row's order.
MODULE_COLUMNS = (
    "STC", "A_c", "N_s", "I_sc_ref", "V_oc_ref", "I_mp_ref", "V_mp_ref", "alpha_sc", "beta_oc", "T_NOCT",
    "a_ref", "I_L_ref", "I_o_ref", "R_s", "R_sh_ref", "Adjust", "gamma_r",
)  # fmt: skip
INVERTER_COLUMNS = ("Pso", "Paco", "Pdco", "Vdco", "C0", "C1", "C2", "C3", "Pnt")


def find_cec_module(name: str, cache_dir: Path | None = None) -> CecModule:
    """The CEC module of that name, as the list or as pvlib writes it; the type alone if only one has it.

    Raises
    ------
    NotFound
        No module, or more than one, has that name; the message suggests the nearest.
    """
    return _modules(cache_dir).find(name)


def find_cec_inverter(name: str, cache_dir: Path | None = None) -> CecInverter:
    """Like `find_cec_module`, for inverters; the grid voltage is part of a name, `… [240V]`."""
    return _inverters(cache_dir).find(name)


@cache
def _modules(cache_dir: Path | None) -> "Table[CecModule]":
    return _table("module", "cec-modules", MODULE_COLUMNS, CecModule, cache_dir)


@cache
def _inverters(cache_dir: Path | None) -> "Table[CecInverter]":
    return _table("inverter", "cec-inverters", INVERTER_COLUMNS, CecInverter, cache_dir)


@dataclass(frozen=True, slots=True)
class Columns:
    """A parsed table in the order of `keys`, the compact names: what a cache file holds.

    A few products share a compact name, `…/Ad` and `…/Ad+`; then the name as written tells them apart.
    """

    keys: list[str]
    names: list[str]
    values: NDArray[np.float64]


class Table(Generic[Row]):
    """The rows of one CEC table by name."""

    def __init__(self, kind: str, columns: Columns, row: Callable[..., Row]) -> None:
        self._kind = kind
        self._columns = columns
        self._row: Callable[..., Row] = row

    def find(self, name: str) -> Row:
        names = self._columns.names
        places = self._places(compact(name))
        if len(places) > 1:
            places = [place for place in places if names[place] == name] or places
        if len(places) != 1:
            nearest = [names[place] for place in places[:SUGGESTIONS]] or closest(name, names)
            raise NotFound(unknown(f"CEC {self._kind}", name, nearest))
        place = places[0]
        return self._row(names[place], *map(float, self._columns.values[place]))

    def _places(self, key: str) -> Sequence[int]:
        """Rows of that whole name, else of that type designation, which ends a name."""
        keys = self._columns.keys
        same = range(bisect.bisect_left(keys, key), bisect.bisect_right(keys, key))
        if same or len(key) < SHORTEST_TYPE:
            return same
        return [place for place, each in enumerate(keys) if each.endswith(key)]


def _table(
    kind: str, stem: str, columns: Sequence[str], row: Callable[..., Row], cache_dir: Path | None
) -> Table[Row]:
    source = _pvlib_file(stem)
    if cache_dir is None:
        return Table(kind, _parse(source, columns), row)
    # The size tells one release of the file from another without reading it.
    cached = cache_dir / f"{source.stem}-{source.stat().st_size}-v{CACHE_VERSION}.npz"
    content = _load(cached)
    if content is None:
        content = _parse(source, columns)
        _save(cached, content)
    return Table(kind, content, row)


def _pvlib_file(stem: str) -> Path:
    spec = find_spec("pvlib")
    folders = [Path(place) / "data" for place in (spec and spec.submodule_search_locations) or ()]
    files = sorted(file for folder in folders for file in folder.glob(f"sam-library-{stem}-*.csv"))
    if not files:
        raise ConfigurationError([f"pvlib's table sam-library-{stem}-*.csv is not installed"])
    return files[-1]


def _parse(source: Path, columns: Sequence[str]) -> Columns:
    with source.open(newline="", encoding="utf-8") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        places = [header.index(column) for column in columns]
        for _ in range(HEADER_ROWS - 1):
            next(rows)
        parsed = sorted((compact(row[0]), row[0], [float(row[place]) for place in places]) for row in rows)
    keys, names, values = zip(*parsed, strict=True)
    return Columns(list(keys), list(names), np.array(values))


def _load(cached: Path) -> Columns | None:
    try:
        with cached.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            keys, names = (stored[part].tobytes().decode().split("\n") for part in ("keys", "names"))
            values = stored["values"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Columns(keys, names, values) if len(keys) == len(names) == len(values) else None


def _save(cached: Path, content: Columns) -> None:
    keys, names = (
        np.frombuffer("\n".join(part).encode(), np.uint8) for part in (content.keys, content.names)
    )
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=cached.parent, suffix=".npz")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, keys=keys, names=names, values=content.values)
        # In one step, so that a reader beside us never sees half a file.
        Path(scratch).replace(cached)
    except OSError:
        return
