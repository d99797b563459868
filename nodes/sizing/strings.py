"""How many modules a string may hold, and how the wanted modules become strings on the inverter's inputs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.pv.module import v_mp_at, v_oc_at
from nodes.sizing.electrical.rules import BUILDING_MAX_V, DWELLING_MAX_V, IRRADIANCE_FACTOR, Standard
from state.equipment import InverterDatasheet, ModuleDatasheet, StringLayout

TABLE_690_7_A = (
    *((24, 20, 1.02), (19, 15, 1.04), (14, 10, 1.06), (9, 5, 1.08), (4, 0, 1.10), (-1, -5, 1.12)),
    *((-6, -10, 1.14), (-11, -15, 1.16), (-16, -20, 1.18), (-21, -25, 1.20), (-26, -30, 1.21)),
    *((-31, -35, 1.23), (-36, -40, 1.25)),
)
"""NEC Table 690.7(A), crystalline silicon: warmest and coldest ambient of the row [°C], factor on Voc."""

WORST_TABLE_FACTOR = TABLE_690_7_A[-1][2]


@dataclass(frozen=True, slots=True)
class SiteTemperatures:
    """Ambient extremes and the hot cell. `temp_min` is None until it is known [°C]."""

    temp_min: float | None
    temp_max: float
    temp_cell_hot: float
    temp_min_approximation: str | None = None


@dataclass(frozen=True, slots=True)
class ModuleVoltages:
    """Voltages of one module at the site's extremes [V].

    `v_oc_bound` is what strings are limited by: the cold voltage, or, while the lowest temperature is not
    known, the largest factor of Table 690.7(A), which holds down to −40 °C.
    """

    v_oc_cold: float | None
    v_oc_table: float | None
    v_oc_bound: float
    v_mp_cold: float | None
    v_mp_hot: float
    v_oc_hot: float


def beta_vmp(module: ModuleDatasheet) -> float:
    """Relative change of v_mp [1/°C]; the steeper of γ_pmp and β_voc stands in for an absent β_vmp."""
    stated = module.beta_vmp_pct_per_c
    if stated is None:
        stated = min(module.gamma_pmp_pct_per_c, module.beta_voc_pct_per_c)
    return stated / 100.0


def table_factor(temp_min: float) -> float | None:
    """Factor of Table 690.7(A) at `temp_min` [°C], a fraction of a degree counting as the colder one.

    1.0 at 25 °C and above; None below −40 °C, where the table ends.
    """
    degree = math.floor(temp_min)
    if degree >= 25:
        return 1.0
    return next((factor for warmest, coldest, factor in TABLE_690_7_A if coldest <= degree <= warmest), None)


def voltages(module: ModuleDatasheet, site: SiteTemperatures) -> ModuleVoltages:
    """The module's voltages; the cold one by the datasheet's coefficient, NEC 690.7(A)(1)."""

    def v_oc(temp_cell: float) -> float:
        return v_oc_at(module.v_oc_v, module.beta_voc_pct_per_c / 100.0, temp_cell)

    def v_mp(temp_cell: float) -> float:
        return v_mp_at(module.v_mp_v, beta_vmp(module), temp_cell)

    v_oc_cold = None if site.temp_min is None else v_oc(site.temp_min)
    factor = None if site.temp_min is None else table_factor(site.temp_min)
    return ModuleVoltages(
        v_oc_cold=v_oc_cold,
        v_oc_table=None if factor is None else module.v_oc_v * factor,
        v_oc_bound=module.v_oc_v * WORST_TABLE_FACTOR if v_oc_cold is None else v_oc_cold,
        v_mp_cold=None if site.temp_min is None else v_mp(site.temp_min),
        v_mp_hot=v_mp(site.temp_cell_hot),
        v_oc_hot=v_oc(site.temp_cell_hot),
    )


def building_limit(standard: Standard, *, dwelling: bool) -> float | None:
    """Most DC voltage on or in the building [V]; None where the standard's figure was not read."""
    if standard != "nec_2023":
        return None
    return DWELLING_MAX_V if dwelling else BUILDING_MAX_V


@dataclass(frozen=True, slots=True)
class StringWindow:
    """Modules per string: the fewest that stay above the MPPT window when hot, the most that cold allows."""

    fewest: int | None
    most: int | None

    @property
    def empty(self) -> bool:
        return self.most is not None and self.most < (self.fewest or 1)


def string_window(
    module: ModuleDatasheet, inverter: InverterDatasheet, at: ModuleVoltages, building_v: float | None
) -> StringWindow:
    """The window that voltage leaves; a limit that no datasheet states does not narrow it."""
    ceilings = [v for v in (inverter.vdc_max_v, module.max_system_voltage_v, building_v) if v is not None]
    return StringWindow(
        fewest=None if inverter.mppt_min_v is None else max(1, _ceil(inverter.mppt_min_v / at.v_mp_hot)),
        most=_floor(min(ceilings) / at.v_oc_bound) if ceilings else None,
    )


def parallel_limit(module: ModuleDatasheet, inverter: InverterDatasheet) -> int:
    """Strings that one MPPT input may take in parallel; one where its currents are unknown or too small.

    The input's Isc rating is an absolute maximum under worst-case irradiance (IEC 62109, definition of
    `I_sc PV`), so Isc counts 1.25 times; above the operating current the inverter would only throttle.
    """
    ratios = []
    if inverter.isc_max_per_mppt_a is not None:
        ratios.append(inverter.isc_max_per_mppt_a / (IRRADIANCE_FACTOR * module.i_sc_a))
    if inverter.idc_max_per_mppt_a is not None:
        ratios.append(inverter.idc_max_per_mppt_a / module.i_mp_a)
    return max(1, _floor(min(ratios))) if ratios else 1


@dataclass(frozen=True, slots=True)
class PlaneRoom:
    """A roof plane and the most modules it holds; None where its area does not limit it."""

    name: str
    most_modules: int | None


@dataclass(frozen=True, slots=True)
class StringGroup:
    """Inputs, numbered from `first_input` on, that all carry the same strings of one plane."""

    plane: str
    modules_per_string: int
    parallel: int
    first_input: int
    inputs: int = 1

    @property
    def modules(self) -> int:
        return self.modules_per_string * self.parallel * self.inputs

    def layouts(self) -> list[StringLayout]:
        return [
            StringLayout(
                mppt=self.first_input + place,
                modules_per_string=self.modules_per_string,
                parallel=self.parallel,
                plane=self.plane,
            )
            for place in range(self.inputs)
        ]


def as_group(string: StringLayout, plane: str) -> StringGroup:
    """An existing string input; it lies on `plane` where it does not say so itself."""
    return StringGroup(string.plane or plane, string.modules_per_string, string.parallel, string.mppt)


def arrange(
    wanted: int, planes: Sequence[PlaneRoom], window: StringWindow, inputs: int, parallel: int
) -> list[StringGroup]:
    """Strings for about `wanted` modules, filling `planes` in order; empty where nothing fits.

    All strings of a plane have one length, and an input serves one plane, so that no input ever sees
    strings of different voltage or sun. A plane gets the product of length and number that comes nearest
    to what is still wanted, missing modules counting double.
    """
    groups: list[StringGroup] = []
    missing, free = wanted, inputs
    for position, plane in enumerate(planes):
        if missing <= 0 or free <= 0:
            break
        share = missing if plane.most_modules is None else min(missing, plane.most_modules)
        others_needed = share < missing and position + 1 < len(planes)
        available = max(1, free - 1) if others_needed else free
        best = _best_strings(share, plane.most_modules, window, available * parallel)
        if best is None:
            continue
        length, number = best
        used = min(number, available)
        fuller = number % used
        first = inputs - free + 1
        if fuller:
            groups.append(StringGroup(plane.name, length, number // used + 1, first, fuller))
        groups.append(StringGroup(plane.name, length, number // used, first + fuller, used - fuller))
        missing -= length * number
        free -= used
    return groups


def _best_strings(
    wanted: int, most_modules: int | None, window: StringWindow, most_strings: int
) -> tuple[int, int] | None:
    """Length and number of strings nearest to `wanted` modules; of equals the fewest strings."""
    shortest = window.fewest or 1
    longest = window.most if window.most is not None else max(shortest, wanted)
    best: tuple[float, int, int] | None = None
    for length in range(shortest, longest + 1):
        rounded_down = wanted // length
        for number in {min(max(1, each), most_strings) for each in (rounded_down, rounded_down + 1)}:
            modules = length * number
            if most_modules is not None and modules > most_modules:
                continue
            distance = modules - wanted if modules >= wanted else 2 * (wanted - modules)
            if best is None or (distance, number) < best[:2]:
                best = (distance, number, length)
    return None if best is None else (best[2], best[1])


def _floor(ratio: float) -> int:
    """Rounded down, but a quotient that is whole up to floating point counts as whole."""
    return math.floor(ratio + 1e-9)


def _ceil(ratio: float) -> int:
    return math.ceil(ratio - 1e-9)
