"""Random off-grid homes, and a simulation of them that shares no line with the product's.

It takes the document that sizing answered with, the array's hourly power, and goes through the hours one by one.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.pv.weather_year import WeatherYear
from nodes.sizing.candidates import existing
from nodes.sizing.engine import size
from nodes.sizing.plan import plan_of
from nodes.sizing.questions import Form
from nodes.sizing.yields import energy_year
from state.equipment import InverterDatasheet
from state.job import JobInput
from state.sizing import SizingResult
from tests.support.sizing import GREENSBORO, NAIROBI, greensboro_year, nairobi_year, resource_of

SEED = 20_251_121
T105_HOURS, T105_AH = (20.0, 10.0, 5.0), (225.0, 207.0, 185.0)
"""Trojan T-105 data sheet; what the product takes for lead-acid batteries without a table of their own."""
LEAST = 1e-6

USUAL = ("deep freezer", "fridge", "laptop", "TV")


@dataclass(frozen=True)
class Home:
    """A home and what was answered for it. `p_dc` is the array's power in each hour [W]."""

    number: int
    job: JobInput
    result: SizingResult
    p_dc: Sequence[float]

    @property
    def load(self) -> list[float]:
        """Of a day, as the result states it [W]."""
        assert self.result.demand is not None
        day = self.result.demand.daily_energy_wh
        return [day * share for share in self.result.demand.hourly_share]

    @property
    def carries_its_peak(self) -> bool:
        """Whether inverter and battery may give what the loads draw at once, by the result's own checks."""
        status = {check.id: check.status for check in self.result.checks}
        return "fail" not in (status["inverter_power"], status["battery_discharge_current"])


def homes(count: int, seed: int = SEED) -> Iterator[Home]:
    """The first `count` of the homes of that seed."""
    draw = random.Random(seed)
    places: list[tuple[dict[str, Any], WeatherYear]] = [
        (NAIROBI, nairobi_year()),
        (GREENSBORO, greensboro_year()),
    ]
    for number in range(count):
        site, year = draw.choice(places)
        yield _home(number, _job(draw, site), year)


def _job(draw: random.Random, site: dict[str, Any]) -> JobInput:
    appliances = [
        {"name": name, "hours_per_day": round(draw.uniform(2, 12), 1), "quantity": draw.randint(1, 2)}
        for name in draw.sample(USUAL, draw.randint(1, len(USUAL)))
    ]
    appliances.append(
        {"name": "lights", "quantity": draw.randint(3, 15), "hours_per_day": draw.randint(3, 6)}
    )
    if draw.random() < 0.5:
        pump = {"name": "Pump", "power_w": draw.choice([370, 750]), "hours_per_day": draw.choice([0.5, 1, 2])}
        appliances.append(pump | {"surge_factor": 3})
    return JobInput.model_validate(
        {
            "kind": "sizing",
            "system_type": "off_grid",
            "site": site,
            "demand": {"appliances": appliances},
            "equipment": {"battery_chemistry": draw.choice(["lead_acid", "lithium_ion"])},
            "storage": {
                "autonomy_days": draw.choice([0.2, 0.5, 1, 1, 1.5, 2, 3]),
                "temperature_c": draw.choice([10, 20, 25, 30]),
            },
            "electrical": {"design_temp_min_c": draw.choice([-10, 0, 6]), "service_voltage_v": 230},
        }
    )


def _home(number: int, job: JobInput, year: WeatherYear) -> Home:
    resource = resource_of(year)
    answer = size(job, year, resource, {})
    assert answer.questions == []
    assert answer.sizing is not None
    result = answer.sizing
    assert result.array is not None
    assert result.inverter is not None
    plan = plan_of(job, year, resource, Form({}))
    assert plan is not None
    sheet = result.inverter.model_dump(include=set(InverterDatasheet.model_fields))
    inverter = InverterDatasheet.model_validate(sheet)
    built = existing(plan.brief, result.array.module, inverter, result.array.strings, [])
    design = replace(built.design, inverters=result.inverter.count)
    return Home(number, job, result, energy_year(year, job.array, plan.brief.planes, design).p_dc.tolist())


def drain(result: SizingResult, power: float) -> float:
    """Charge that leaves ÷ charge that is given at that power [W]: Peukert's law through the published points."""
    assert result.storage is not None
    battery = result.storage.battery
    if battery.chemistry != "lead_acid":
        return 1.0
    points = sorted(battery.capacity_at_rates or (), reverse=True)
    hours, capacity = [h for h, _ in points], [c for _, c in points]
    rated = battery.capacity_ah
    while len(capacity) > 1 and capacity[0] > rated:
        hours, capacity = hours[1:], capacity[1:]
    if len(capacity) < 2:
        hours, capacity, rated = list(T105_HOURS), list(T105_AH), T105_AH[0]
    rate = power / (1000.0 * result.storage.nominal_kwh)
    rates = [c / h / rated for h, c in zip(hours, capacity, strict=True)]
    lost = [rated / c for c in capacity]
    if rate <= rates[0]:
        return 1.0
    for i in range(len(rates) - 1):
        if rate <= rates[i + 1] or i == len(rates) - 2:
            exponent = math.log(lost[i + 1] / lost[i]) / math.log(rates[i + 1] / rates[i])
            return float(lost[i] * (rate / rates[i]) ** exponent)
    raise AssertionError


def simulated(home: Home, p_dc: Sequence[float], load: Sequence[float]) -> list[float]:
    """What goes unserved in each hour from a full bank on [Wh]."""
    bank = home.result.storage
    assert bank is not None
    assert bank.carried_power_w
    assert bank.inverter_efficiency
    assert bank.charge_efficiency
    assert bank.discharge_efficiency
    full = 1000.0 * bank.usable_kwh
    charge = full
    unserved = []
    for sun, wanted in zip(p_dc, load, strict=True):
        carried = min(wanted, bank.carried_power_w)
        direct = min(carried, sun * bank.inverter_efficiency)
        spare = sun - direct / bank.inverter_efficiency
        served = direct
        if spare > LEAST and direct >= carried - LEAST:
            taken = spare if bank.charge_power_w is None else min(spare, bank.charge_power_w)
            charge = min(full, charge + taken * bank.charge_efficiency)
        elif carried - direct > LEAST:
            given = (carried - direct) / bank.inverter_efficiency
            if bank.discharge_power_w is not None:
                given = min(given, bank.discharge_power_w)
            cost = drain(home.result, given) / bank.discharge_efficiency
            given = min(given, charge / cost)
            charge -= given * cost
            served += given * bank.inverter_efficiency
        unserved.append(wanted - served)
    return unserved


def unserved_kwh(home: Home) -> float:
    """Of the whole year."""
    return math.fsum(simulated(home, home.p_dc, home.load * 365)) / 1000.0


def fails_within_the_autonomy(home: Home) -> float:
    """The most that goes unserved within the stated autonomy, without sun, from any hour of the day on [Wh]."""
    assert home.result.storage is not None
    hours = 24.0 * home.result.storage.autonomy_days
    worst = 0.0
    for start in range(24):
        load = [home.load[(start + hour) % 24] for hour in range(math.ceil(hours))]
        if hours % 1:
            load[-1] *= hours % 1
        worst = max(worst, math.fsum(simulated(home, [0.0] * len(load), load)))
    return worst
