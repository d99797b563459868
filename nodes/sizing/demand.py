"""What the loads ask for: energy by month, its spread over the day, the power they draw and start with.

The daily shape is derived, not measured. An appliance of `h` hours a day that follows the household runs at
its full power in the `h` hours in which households use most; one that cycles around the clock is spread
evenly; either keeps to the hours in which it is said to run. So no hour ever exceeds what the appliances can
draw, and what is left open falls into the evening, the cautious side for a battery. Where only energy is known
the household's shape itself is scaled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.catalog.appliances import known_appliance
from core.pv.weather_year import DAYS_IN_MONTH, MONTH_OF_DAY, FloatArray
from nodes.sizing.questions import DAILY_ENERGY, PEAK_POWER, Form, appliance_power
from nodes.sizing.tables import household_shape
from state.demand import Appliance, Demand
from state.sizing import DemandResult

LIKELY_ALL_DAY_HOURS = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """The loads of a year.

    Parameters
    ----------
    daily_energy : ndarray, shape (12,)
        Mean energy of a day, by month. [Wh]
    hourly_share : ndarray, shape (24,)
        Shares of a day's energy, midnight first, local standard time; sum 1.
    peak_power, surge_power : float or None
        All loads at once, and that plus the worst single start; None where only energy is known. [W]
    critical : Load or None
        The part that must run when the grid is down; None where only energy is known.
    shape : str
        Where the hourly shape comes from.
    assumptions : tuple of str
        What was taken as given to get here.
    """

    daily_energy: FloatArray
    hourly_share: FloatArray
    peak_power: float | None
    surge_power: float | None
    shape: str
    critical: "Load | None" = None
    assumptions: tuple[str, ...] = ()

    @property
    def mean_daily_energy(self) -> float:
        """Energy of the mean day of the year [Wh]."""
        return float(self.daily_energy @ DAYS_IN_MONTH) / 365.0

    @property
    def annual_energy(self) -> float:
        """Of the whole year [Wh]."""
        return float(self.daily_energy @ DAYS_IN_MONTH)

    def hourly(self) -> FloatArray:
        """Power in each hour of the model year, shape (8760,) [W]."""
        return np.outer(self.daily_energy[MONTH_OF_DAY], self.hourly_share).ravel()

    def to_result(self) -> DemandResult:
        return DemandResult(
            daily_energy_wh=round(self.mean_daily_energy, 1),
            peak_power_w=self.peak_power,
            surge_power_w=self.surge_power,
            critical_daily_energy_wh=None
            if self.critical is None
            else round(self.critical.mean_daily_energy, 1),
            hourly_share=[float(share) for share in self.hourly_share],
            shape=self.shape,
        )


def load_of(demand: Demand | None, form: Form, *, needs_power: bool) -> Load | None:
    """The loads that `demand` describes; None where a question must be answered first.

    Parameters
    ----------
    demand : Demand or None
        As intake accepts it: in one form only, and not zero.
    needs_power : bool
        Whether the loads may run from the inverter alone, so that their power matters beside their energy.
    """
    if demand is None:
        return None
    if demand.appliances:
        return _load_of_appliances(demand.appliances, demand.diversity_factor, form)
    if demand.monthly_kwh:
        return _load_of_energy(1000.0 * np.array(demand.monthly_kwh) / DAYS_IN_MONTH, form, needs_power)
    if demand.daily_kwh:
        return _load_of_energy(np.full(12, 1000.0 * demand.daily_kwh), form, needs_power)
    return None


def ask_for_energy(form: Form, *, needs_power: bool) -> Load | None:
    """The loads by their daily energy, asked for where nothing else sets the size."""
    daily_kwh = form.number(DAILY_ENERGY)
    return None if daily_kwh is None else _load_of_energy(np.full(12, 1000.0 * daily_kwh), form, needs_power)


def _load_of_energy(daily_energy: FloatArray, form: Form, needs_power: bool) -> Load:
    shape = household_shape()
    weights = np.array(shape.hourly)
    return Load(
        daily_energy=daily_energy,
        hourly_share=weights / weights.sum(),
        peak_power=form.number(PEAK_POWER) if needs_power else None,
        surge_power=None,
        shape=f"{shape.name}, scaled to the energy given",
        assumptions=(f"Hourly shape of the demand: {shape.source}.",),
    )


@dataclass(frozen=True, slots=True)
class _Running:
    """An appliance with everything known about it."""

    name: str
    power: float
    quantity: int
    hours: float
    surge_factor: float
    all_day: bool
    critical: bool
    window: frozenset[int]

    @property
    def total_power(self) -> float:
        return self.power * self.quantity


def _load_of_appliances(appliances: Sequence[Appliance], diversity: float, form: Form) -> Load | None:
    running: list[_Running] = []
    assumptions: list[str] = []
    for index, appliance in enumerate(appliances):
        known = known_appliance(appliance.name)
        power = appliance.power_w
        if power is None and known is not None:
            power = known.power_w
            assumptions.append(
                f"{appliance.name}: {power:g} W, the usual power of a {known.name} ({known.source})."
            )
        if power is None:
            power = form.number(appliance_power(index, appliance.name))
        if power is None:
            continue
        surge_factor = appliance.surge_factor
        if surge_factor is None:
            surge_factor = known.surge_factor if known is not None else 1.0
            if surge_factor > 1:
                assumptions.append(f"{appliance.name}: starts with {surge_factor:g} times its power.")
        running.append(
            _Running(
                name=appliance.name,
                power=power,
                quantity=appliance.quantity,
                hours=appliance.hours_per_day,
                surge_factor=surge_factor,
                all_day=(known is not None and known.runs == "all_day")
                or appliance.hours_per_day >= LIKELY_ALL_DAY_HOURS,
                critical=appliance.critical,
                window=appliance.window(),
            )
        )
    if len(running) < len(appliances):
        return None
    critical = [each for each in running if each.critical and each.hours]
    return _together(
        running, diversity, assumptions, _together(critical, diversity, []) if critical else None
    )


def _together(
    running: Sequence[_Running], diversity: float, assumptions: list[str], critical: Load | None = None
) -> Load:
    profile = np.sum([_profile(each) for each in running], axis=0)
    daily_energy = float(profile.sum())
    peak = _peak(running, diversity, float(profile.max()))
    # One motor starts at a time while everything else runs: the usual worst case of a home.
    worst_start = max((each.surge_factor - 1.0) * each.power for each in running)
    apart = "" if diversity == 1.0 else f", times the diversity factor {diversity:g}"
    return Load(
        daily_energy=np.full(12, daily_energy),
        hourly_share=profile / daily_energy,
        peak_power=peak,
        surge_power=peak + worst_start,
        shape="appliances: in the hours they are said to run, those that cycle spread evenly, the others in the "
        f"hours of highest use of the {household_shape().name}",
        critical=critical,
        assumptions=(
            *assumptions,
            f"Peak power: every appliance that may run in the same hour{apart}; surge: the worst start on top.",
        ),
    )


def _peak(running: Sequence[_Running], diversity: float, busiest_mean: float) -> float:
    """All that may be on in one hour, less what is never on together [W].

    Never less than the largest appliance, nor than the mean of the busiest hour.
    """
    together = max(sum(each.total_power for each in running if hour in each.window) for hour in range(24))
    return max(diversity * together, busiest_mean, *(each.power for each in running))


def _profile(appliance: _Running) -> FloatArray:
    """Power in each hour of a day, shape (24,) [W]."""
    window = np.array(sorted(appliance.window))
    hours = min(appliance.hours, float(len(window)))
    power = np.zeros(24)
    if appliance.all_day:
        power[window] = appliance.total_power * hours / len(window)
        return power
    shape = np.array(household_shape().hourly)
    busiest_first = window[np.argsort(-shape[window], kind="stable")]
    power[busiest_first] = appliance.total_power * np.clip(hours - np.arange(len(window)), 0.0, 1.0)
    return power
