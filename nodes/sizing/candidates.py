"""Shortlisted offers, laid out and checked in full; or the design that is already there.

Ranked by what stands against an offer: failed checks, then warnings; then by how near it comes to what was
wanted, where a figure that a datasheet does not give weighs like a fifth too much power. Laying out and checking
an offer costs a fraction of a millisecond; none is simulated.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nodes.sizing.array import room_for, room_on
from nodes.sizing.brief import Brief
from nodes.sizing.checks import at_least, at_most, not_evaluated
from nodes.sizing.design import Design
from nodes.sizing.electrical.ac import ac_checks, backup_checks
from nodes.sizing.electrical.circuits import circuit_checks
from nodes.sizing.electrical.dc import dc_checks, dc_conductors
from nodes.sizing.screen import SIZE_TOLERANCE, Offer, distance, modules_wanted, wanted_of
from nodes.sizing.storage import Bank, bank_for
from nodes.sizing.storage_checks import BankCurrents, currents, misfit, storage_checks
from nodes.sizing.strings import (
    StringWindow,
    arrange,
    as_group,
    building_limit,
    parallel_limit,
    string_window,
    voltages,
)
from state.equipment import (
    BatteryDatasheet,
    InverterDatasheet,
    ModuleDatasheet,
    StringLayout,
)
from state.sizing import Check, Conductor, Interconnection

SILENCE_WEIGHS = 0.2
USUAL_W_PER_M2 = 200.0


@dataclass(frozen=True)
class Candidate:
    """A design that has been checked."""

    design: Design
    bank: Bank | None
    checks: tuple[Check, ...]
    conductors: tuple[Conductor, ...]
    interconnection: Interconnection | None
    distance: float

    def count(self, status: str) -> int:
        """How many of its checks have that status."""
        return sum(check.status == status for check in self.checks)

    @cached_property
    def rank(self) -> tuple[int, int, float]:
        """Lower is better."""
        # What the job does not say is the same for every offer; what a datasheet does not say is not.
        silent = sum(each.status == "not_evaluated" and "datasheet" in each.rule for each in self.checks)
        return self.count("fail"), self.count("warn"), self.distance + SILENCE_WEIGHS * silent

    @cached_property
    def falls_short(self) -> bool:
        """Whether the array is smaller than what was wanted."""
        return any(check.id == "array_size" and check.status != "pass" for check in self.checks)

    @property
    def area(self) -> float:
        """What the modules cover [m²]; of modules without a known area as much as 200 W/m² would."""
        module = self.design.module
        return self.design.modules * (module.area_m2 or module.p_mp_w / USUAL_W_PER_M2)


def check_offer(
    brief: Brief, offer: Offer, pdc0: float | None, batteries: Sequence[BatteryDatasheet]
) -> Candidate:
    """An offer for about `pdc0` [W], or for a full roof where that is None, laid out on the planes and checked."""
    module, inverter = offer.module, offer.inverter
    wanted, placed = wanted_of(brief, module, pdc0)
    at = voltages(module, brief.site)
    building = building_limit(brief.electrical.standard, dwelling=brief.electrical.dwelling)
    window = string_window(module, inverter, at, building)
    lengths = window if offer.length is None else StringWindow(offer.length, offer.length)
    rooms = [room_on(plane, module, brief.gcr) for plane in brief.planes]
    inputs = offer.inverters * (inverter.mppt_count or 1)
    parallel = parallel_limit(module, inverter)
    groups = () if window.empty else tuple(arrange(placed, rooms, lengths, inputs, parallel))
    design = Design(module, inverter, offer.inverters, groups, brief.site, at, window)
    return check(brief, design, batteries, pdc0 or wanted * module.p_mp_w)


def existing(
    brief: Brief,
    module: ModuleDatasheet,
    inverter: InverterDatasheet,
    strings: Sequence[StringLayout],
    batteries: Sequence[BatteryDatasheet],
) -> Candidate:
    """The design that is already there, checked and not changed."""
    first = brief.planes[0].name
    groups = tuple(as_group(string, first) for string in strings)
    inputs = max(string.mppt for string in strings)
    count = max(1, math.ceil(inputs / (inverter.mppt_count or inputs)))
    at = voltages(module, brief.site)
    building = building_limit(brief.electrical.standard, dwelling=brief.electrical.dwelling)
    window = string_window(module, inverter, at, building)
    design = Design(module, inverter, count, groups, brief.site, at, window)
    return check(brief, design, batteries, design.pdc0)


def check(brief: Brief, design: Design, batteries: Sequence[BatteryDatasheet], wanted: float) -> Candidate:
    """Everything that can be said about a design without simulating it; `wanted` is its nameplate aim [W]."""
    checks = [_string_window(design), *_room(brief, design, wanted)]
    if design.groups:
        checks.append(_array_size(brief, design, wanted))
    conductors: list[Conductor] = []
    if design.groups:
        checks += dc_checks(design, brief.electrical)
        conductors += dc_conductors(design, brief.electrical)
    bank = None
    if brief.has_battery:
        checks += backup_checks(design, brief.peak_power, brief.surge_power)
        bank = _best_bank(brief, design, batteries)
        checks += _storage(brief, design, bank)
    more, circuits, interconnection = ac_checks(
        design, brief.electrical, grid=brief.system_type != "off_grid"
    )
    conductors += circuits
    checks += [*more, *circuit_checks(conductors, brief.electrical, design.site.temp_max)]
    return Candidate(
        design=design,
        bank=bank,
        checks=tuple(checks),
        conductors=tuple(conductors),
        interconnection=interconnection,
        distance=_distance(brief, design, wanted),
    )


def _distance(brief: Brief, design: Design, wanted: float) -> float:
    if not design.groups:
        return math.inf
    figures = (design.pdc0, design.pac0, wanted, design.inverters, design.module.p_mp_w)
    return float(distance(brief, *(np.array(float(each)) for each in figures)))


def _string_window(design: Design) -> Check:
    window = design.window
    rule = "voltage limits in the cold, MPPT window in the heat"
    if design.site.temp_min is None:
        reason = "the lowest expected ambient temperature decides how long a string may be; while it is not "
        return not_evaluated("string_window", rule, "modules", reason + "known, 125 % of Voc is assumed")
    return at_most(
        "string_window",
        rule,
        None if window.fewest is None else float(window.fewest),
        None if window.most is None else float(window.most),
        "modules",
        "a string needs at least the value to stay in the MPPT window, and may have at most the limit",
        missing="the datasheets give no MPPT window or no voltage limit",
    )


def _room(brief: Brief, design: Design, wanted: float) -> list[Check]:
    rooms = [room_on(plane, design.module, brief.gcr) for plane in brief.planes]
    rule = "roof area ÷ module area; racks use the ground cover ratio's share"
    room = room_for(rooms)
    if room is None:
        reason = "the area of a roof plane or of the module is not given"
        return [not_evaluated("roof_area", rule, "modules", reason)]
    if not design.groups and not design.window.empty:
        largest = max(plane.most_modules or 0 for plane in rooms)
        shortest = float(design.window.fewest or 1)
        detail = "the shortest string that the inverter works with, against the largest plane"
        return [at_most("roof_area", rule, shortest, float(largest), "modules", detail)]
    modules = max(modules_wanted(wanted, design.module, brief), design.modules)
    total = at_most(
        "roof_area",
        rule,
        float(modules),
        float(room),
        "modules",
        "modules wanted against those that the planes hold",
        otherwise="fail" if brief.system_type == "off_grid" or not design.groups else "warn",
    )
    placed = [(plane, design.modules_on(plane.name)) for plane in rooms if plane.most_modules is not None]
    return [total] + [
        at_most(
            f"roof_area:{plane.name}",
            rule,
            float(modules_there),
            float(plane.most_modules or 0),
            "modules",
            f"modules on the plane '{plane.name}'",
        )
        for plane, modules_there in placed
        if modules_there > (plane.most_modules or 0)
    ]


def _array_size(brief: Brief, design: Design, wanted: float) -> Check:
    return at_least(
        "array_size",
        f"nameplate at least {1 - SIZE_TOLERANCE:.0%} of what the target asks for",
        design.pdc0,
        (1.0 - SIZE_TOLERANCE) * wanted,
        "W",
        "whole strings, roof area and inverter inputs decide how near the array comes",
        otherwise="fail" if brief.system_type == "off_grid" else "warn",
    )


def _storage(brief: Brief, design: Design, bank: Bank | None) -> list[Check]:
    if bank is None:
        reason = "no battery of the wanted chemistry is known"
        return [not_evaluated("battery_capacity", "battery datasheet", "Ah", reason)]
    flowing = _currents(brief, design, bank)
    return storage_checks(bank, design.inverter, flowing, temperature=brief.storage.temperature_c)


def _currents(brief: Brief, design: Design, bank: Bank) -> BankCurrents:
    return currents(
        bank,
        design.inverter,
        design.inverters,
        peak_power=brief.peak_power,
        pdc0=design.pdc0,
        surge_power=brief.surge_power,
    )


def _best_bank(brief: Brief, design: Design, batteries: Sequence[BatteryDatasheet]) -> Bank | None:
    """The bank that fits the voltage and the currents, then the one that exceeds the need least."""
    banks = [
        bank_for(
            battery,
            design.inverter,
            daily_energy=brief.daily_energy,
            autonomy_days=brief.storage.autonomy_days,
            system_voltage=brief.storage.system_voltage_v,
            temperature=brief.storage.temperature_c,
            hourly_share=brief.hourly_share,
        )
        for battery in batteries
    ]
    return min(banks, key=lambda bank: misfit(bank, _currents(brief, design, bank)), default=None)
