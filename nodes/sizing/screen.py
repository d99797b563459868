"""Every combination of module, inverter, number and string length at once, as arrays.

A combination fits where its strings stay within the voltage window, its inputs' currents and the roof. What fits is
scored roughly, by what a full check would hold against it and by how near it comes to what is wanted, so that only
a shortlist has to be laid out and checked in full.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.pv.weather_year import FloatArray
from nodes.sizing.array import room_for, room_on
from nodes.sizing.brief import Brief
from nodes.sizing.strings import building_limit, parallel_limit, string_window, voltages
from state.equipment import InverterDatasheet, ModuleDatasheet

Pricing = Callable[[FloatArray, FloatArray], FloatArray]
"""Cost per useful kWh of arrays [W] behind inverters [W], elementwise."""

DEFAULT_DC_AC_RATIO = 1.2
"""Array ÷ inverter power where none is asked for; the default of PVWatts v8."""
BACKUP_DC_AC_RATIO = 1.5
"""A battery inverter smaller than the array by more than this would rarely export or serve what it could."""
MOST_STRING_INVERTERS, MOST_BATTERY_INVERTERS = 100, 3
DOUBLED_WEIGHS, ARRAY_WEIGHS, SHORT_WEIGHS = 0.1, 6.0, 4.0
SIZE_TOLERANCE = 0.05
"""Whole strings meet a target only so nearly."""
USUAL_MODULE_W = 500.0
LONGEST_STRING = 200
"""The bound of `StringLayout.modules_per_string`."""
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Offer:
    """A combination worth a full check; `length` is None where every plane may choose its own."""

    module: ModuleDatasheet
    inverter: InverterDatasheet
    inverters: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Screened:
    """`offers` best first; of `considered` combinations `fitting` broke no limit that was looked at."""

    offers: list[Offer]
    considered: int
    fitting: int


def modules_wanted(pdc0: float, module: ModuleDatasheet, brief: Brief) -> int:
    """The nearest number of modules that is not too few: at all, where nothing else serves the loads."""
    exact = pdc0 / module.p_mp_w - 1e-6
    nearest = round(exact)
    least = exact if brief.system_type == "off_grid" else (1.0 - SIZE_TOLERANCE) * exact
    return max(1, nearest if nearest >= least else int(np.ceil(exact)))


def wanted_of(brief: Brief, module: ModuleDatasheet, pdc0: float | None) -> tuple[int, int]:
    """Modules wanted, for `pdc0` [W] or for the whole roof where that is None, and those that find room."""
    room = room_for([room_on(plane, module, brief.gcr) for plane in brief.planes])
    wanted = room if pdc0 is None else modules_wanted(pdc0, module, brief)
    if wanted is None:
        raise ValueError("neither a power nor a roof area sets the size")
    return wanted, max(1, wanted if room is None else min(wanted, room))


def distance(
    brief: Brief,
    pdc0: FloatArray,
    pac0: FloatArray,
    wanted: FloatArray,
    inverters: FloatArray,
    p_mp: FloatArray,
) -> FloatArray:
    """How far a design is from what was wanted, elementwise; 0 is at it.

    The array's size counts most, since the inverter's may differ with little harm. Doubling the number of
    inverters or of modules weighs like a tenth of a power ratio.
    """
    if brief.has_battery:
        aim = np.maximum(brief.peak_power or 0.0, pdc0 / BACKUP_DC_AC_RATIO)
    else:
        aim = pdc0 / (brief.dc_ac_ratio or DEFAULT_DC_AC_RATIO)
    # Nothing else serves the loads of an off-grid home.
    short = np.where((pdc0 < wanted) & (brief.system_type == "off_grid"), SHORT_WEIGHS, 1.0)
    return (
        np.abs(np.log(pac0 / aim))
        + ARRAY_WEIGHS * np.abs(np.log(pdc0 / wanted)) * short
        + DOUBLED_WEIGHS * np.log2(inverters)
        + DOUBLED_WEIGHS * np.maximum(0.0, np.log2(USUAL_MODULE_W / p_mp))
    )


def screen(
    brief: Brief,
    modules: Sequence[ModuleDatasheet],
    pdc0: float | None,
    inverters: Sequence[InverterDatasheet],
    *,
    pricing: Pricing | None = None,
    smallest: bool = False,
    shortlist: int,
) -> Screened:
    """The combinations that fit, scored, for about `pdc0` [W], or for a full roof where that is None.

    Parameters
    ----------
    pricing : callable, optional
        Ranks by cost per useful kWh.
    smallest : bool
        Ranks by the area that the modules cover, then by the power of the inverters.
    shortlist : int
        How many offers to return at most.
    """
    at = [voltages(module, brief.site) for module in modules]
    building = building_limit(brief.electrical.standard, dwelling=brief.electrical.dwelling)
    counts_of = [wanted_of(brief, module, pdc0) for module in modules]
    rooms = [room_for([room_on(plane, module, brief.gcr) for plane in brief.planes]) for module in modules]
    windows = [
        [string_window(m, i, volts, building) for i in inverters]
        for m, volts in zip(modules, at, strict=True)
    ]
    ends = [window.most for row in windows for window in row if window.most is not None]
    longest = min(LONGEST_STRING, max([*ends, *(placed for _, placed in counts_of if len(ends) == 0), 1]))

    # Axes: module, inverter, number of inverters, string length.
    power = _column([module.p_mp_w for module in modules], 0)
    placed = _column([placed for _, placed in counts_of], 0)
    wanted = _column([pdc0 or count * m.p_mp_w for (count, _), m in zip(counts_of, modules, strict=True)], 0)
    room = _column([np.inf if limit is None else limit for limit in rooms], 0)
    v_mp_cold = _column([volts.v_mp_cold or 0.0 for volts in at], 0)
    v_oc_hot = _column([volts.v_oc_hot for volts in at], 0)
    starts = _column([inverter.v_start_v or 0.0 for inverter in inverters], 1)
    pac = _column([inverter.pac_w for inverter in inverters], 1)
    trackers = _column([inverter.mppt_count or 1 for inverter in inverters], 1)
    mppt_max = _column([inverter.mppt_max_v or np.inf for inverter in inverters], 1)
    pdc_max = _column([inverter.pdc_max_w or np.inf for inverter in inverters], 1)
    fewest = _grid([[window.fewest or 1 for window in row] for row in windows])
    most = _grid([[longest if window.most is None else window.most for window in row] for row in windows])
    parallel = _grid([[parallel_limit(m, i) for i in inverters] for m in modules])
    length = np.arange(1, longest + 1, dtype=np.float64).reshape(1, 1, 1, -1)
    count = _counts(brief, inverters, placed * power)

    strings = np.maximum(1.0, np.floor(placed / length + ROUNDING))
    strings = np.where(
        _misses(strings * length, placed) > _misses((strings + 1) * length, placed), strings + 1, strings
    )
    strings = np.minimum(strings, np.maximum(1.0, np.floor(room / length + ROUNDING)))
    strings = np.minimum(strings, count * trackers * parallel)
    number = strings * length
    nameplate, rating = number * power, count * pac
    inside = (fewest <= length) & (length <= most) & np.isfinite(count) & (strings >= 1)
    fits = inside & (number <= room) & (nameplate <= count * pdc_max) & (length * v_oc_hot >= starts)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = distance(brief, nameplate, rating, wanted, count, power)
        short = nameplate < (1.0 - SIZE_TOLERANCE) * wanted
        warned = short.astype(np.float64) + (length * v_mp_cold > mppt_max)
        if pricing is not None:
            score = 10.0 * short + np.log(pricing(*np.broadcast_arrays(nameplate, rating))) + 1e-3 * far
        elif smallest:
            area = _column([module.area_m2 or module.p_mp_w / 200.0 for module in modules], 0)
            score = 10.0 * short + np.log(number * area) + 1e-2 * np.log(rating) + 1e-3 * far
        else:
            score = warned + np.minimum(far, 50.0) / 100.0
    score = np.where(np.isfinite(score), score, 1e6) + np.where(fits, 0.0, 1e3)
    cells = np.where(inside, score, np.inf)
    offers = _offers(brief, modules, inverters, count, cells, shortlist)
    return Screened(
        offers=offers or _unfitting(modules, inverters, count, shortlist),
        considered=int(np.broadcast_to(np.isfinite(count), cells.shape).sum()),
        fitting=int(fits.sum()),
    )


def _offers(
    brief: Brief,
    modules: Sequence[ModuleDatasheet],
    inverters: Sequence[InverterDatasheet],
    count: FloatArray,
    cells: FloatArray,
    shortlist: int,
) -> list[Offer]:
    """The best cells; where several planes may each have strings of their own length, the best of each design."""
    several = len(brief.planes) > 1
    if several:
        cells = cells.min(axis=3, keepdims=True)
    numbers = np.broadcast_to(count, (*cells.shape[:3], 1))
    order = np.argsort(cells, axis=None, kind="stable")[: shortlist * 2]
    found: dict[tuple[int, int, int, int | None], Offer] = {}
    for flat in order.tolist():
        m, i, k, place = (int(part) for part in np.unravel_index(flat, cells.shape))
        if not np.isfinite(cells[m, i, k, place]) or len(found) >= shortlist:
            break
        many, length = int(numbers[m, i, k, 0]), None if several else place + 1
        found.setdefault((m, i, many, length), Offer(modules[m], inverters[i], many, length))
    return list(found.values())


def _unfitting(
    modules: Sequence[ModuleDatasheet],
    inverters: Sequence[InverterDatasheet],
    count: FloatArray,
    shortlist: int,
) -> list[Offer]:
    """Where no string suits any inverter: the first module on each, so that the checks can say why."""
    many = np.broadcast_to(count, (len(modules), len(inverters), count.shape[2], 1))
    return [
        Offer(modules[0], inverter, int(many[0, place, 0, 0]), None)
        for place, inverter in enumerate(inverters[:shortlist])
    ]


def _counts(brief: Brief, inverters: Sequence[InverterDatasheet], pdc0: FloatArray) -> FloatArray:
    """How many of each inverter are worth a look, shape (modules, inverters, options, 1); NaN where none is."""
    pac = _column([inverter.pac_w for inverter in inverters], 1)
    if not brief.has_battery:
        exact = pdc0 / (brief.dc_ac_ratio or DEFAULT_DC_AC_RATIO) / pac
        low, high = np.floor(exact), np.ceil(exact)
        low, high = np.clip(low, 1, MOST_STRING_INVERTERS), np.clip(high, 1, MOST_STRING_INVERTERS)
        options: FloatArray = np.concatenate([low, np.where(high == low, np.nan, high)], axis=2)
        return options
    pdc_max = _column([inverter.pdc_max_w or np.inf for inverter in inverters], 1)
    surge = _column([inverter.surge_w or np.inf for inverter in inverters], 1)
    backup = _column([inverter.backup_w or inverter.pac_w for inverter in inverters], 1)
    needs = np.maximum((brief.peak_power or 0.0) / backup, pdc0 / (BACKUP_DC_AC_RATIO * pac))
    needs = np.maximum(np.maximum(needs, (brief.surge_power or 0.0) / surge), pdc0 / pdc_max)
    many: FloatArray = np.clip(np.ceil(needs - ROUNDING), 1, MOST_BATTERY_INVERTERS)
    return many


def not_by_the_hundred(
    brief: Brief, inverters: Sequence[InverterDatasheet], pdc0: float
) -> Sequence[InverterDatasheet]:
    """Without those that only a heap of would do, as long as others are left."""
    most = MOST_BATTERY_INVERTERS if brief.has_battery else MOST_STRING_INVERTERS
    enough = [each for each in inverters if most * each.pac_w * BACKUP_DC_AC_RATIO >= pdc0]
    return enough or inverters


def _misses(modules: FloatArray, placed: FloatArray) -> FloatArray:
    """By how many modules, missing ones counting double."""
    missed: FloatArray = np.where(modules >= placed, modules - placed, 2.0 * (placed - modules))
    return missed


def _column(values: Sequence[float], axis: int) -> FloatArray:
    shape = [1, 1, 1, 1]
    shape[axis] = len(values)
    return np.array(values, dtype=np.float64).reshape(shape)


def _grid(rows: Sequence[Sequence[float]]) -> FloatArray:
    return np.array(rows, dtype=np.float64)[:, :, np.newaxis, np.newaxis]
