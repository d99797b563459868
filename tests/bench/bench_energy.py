"""A year's energy against SAM's, and what it costs beside pvlib's ModelChain and SAM.

First PVWatts version 8: eleven years between 60° N and 45° S, eight orientations, on roofs and on racks; then SAM's CEC
module model, by rows of the CEC list and by parameters fitted to the same rows as datasheets; then time.
"""

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pvlib

from core.pv.inverter import PVWATTS_8, EfficiencyCurve
from core.pv.simulate import Plane, System, simulate
from core.pv.single_diode import SingleDiode, power_at_stc
from core.pv.single_diode_fit import fit_single_diode
from core.pv.solar_position import solar_position_year
from core.pv.temperature import Mount, TemperatureModel
from core.pv.weather_year import FloatArray, WeatherYear, monthly_sums
from tests.bench.support.energy_years import energy_years
from tests.bench.support.sam import cec_module, pvwatts_8
from tests.support.cec_modules import diode_of, sheet_of
from tests.support.model_chain import frame_of, pvwatts_chain

TILT = 25.0
AZIMUTHS = range(0, 360, 45)
MODULES = 6
ROUNDS = 15
YEAR_MS, TIMES_FASTER = 4.0, 15.0
BAR_OURS = "ours, PVWatts with Fuentes (default)"
BAR_RIVAL, CACHED_RIVAL = "pvlib ModelChain, SAPM, as it comes", "pvlib ModelChain, SAPM, sun cached"
READING = """The bar caches the sun for us and says ModelChain without more: its rival is ModelChain as pvlib ships it,
which is given weather and places the sun in every run. With its sun cached from outside as well:"""
FRESH = 16
"""Copies of a year, run in turn: more than `simulate` remembers, so each is seen for the first time."""
STANDARD = SingleDiode(1.65916, 9.51393, 4.37813e-11, 0.269953, 654.059, 0.004755, 5.79586)
"""The standard module of version 8, a CS1H-320MS (NREL, SAM Simulation Core, ssc/cmod_pvwattsv8.cpp)."""

Years = dict[str, tuple[WeatherYear, Path]]


@dataclass(frozen=True)
class Chain:
    """A choice of models."""

    name: str
    temperature_model: TemperatureModel
    inverter: EfficiencyCurve
    diode: SingleDiode | None


CHAINS = (
    Chain("default: Fuentes, PVWatts", "fuentes", EfficiencyCurve.pvwatts(), None),
    Chain("NOCT-SAM, version 8's module and inverter", "noct_sam", PVWATTS_8, STANDARD),
)


def main() -> None:
    """Print the tables."""
    if find_spec("PySAM") is None:
        print("skip: NREL-PySAM has no wheel here; only the time is measured")
    with tempfile.TemporaryDirectory(prefix="ss-") as folder:
        years = energy_years(Path(folder))
        if find_spec("PySAM") is not None:
            _against_pvwatts(years)
            _against_cec(years)
        _time(years["Greensboro"])


def _against_pvwatts(years: Years) -> None:
    mounts: tuple[Mount, ...] = ("roof", "rack")
    expected = {
        (name, mount, azimuth): pvwatts_8(file, tilt=TILT, azimuth=azimuth, rack=mount == "rack")
        for name, (_, file) in years.items()
        for mount in mounts
        for azimuth in AZIMUTHS
    }
    for chain in CHAINS:
        for mount in mounts:
            print(f"\nPVWatts 8, {mount}, {len(AZIMUTHS)} orientations; {chain.name} [% of PVWatts 8]")
            print(f"{'':<14}{'latitude':>9}{'mean':>8}{'worst':>8}{'worst month':>13}")
            totals: list[float] = []
            months: list[float] = []
            for name, (year, _) in years.items():
                annual, monthly = zip(
                    *(
                        _errors(_ours(year, mount, azimuth, chain), expected[name, mount, azimuth])
                        for azimuth in AZIMUTHS
                    ),
                    strict=True,
                )
                _row(name, f"{year.latitude:.1f}", annual, monthly)
                totals += annual
                months += monthly
            _row("all", "", totals, months)


def _ours(year: WeatherYear, mount: Mount, azimuth: float, chain: Chain) -> FloatArray:
    plane = Plane(TILT, azimuth, mount, 4000.0, gamma_pdc=-0.0037, efficiency=0.19, diode=chain.diode)
    system = System(4000.0 / 1.2, temperature_model=chain.temperature_model, inverter=chain.inverter)
    return simulate(year, [plane], system).p_ac


def _errors(ours: FloatArray, expected: FloatArray) -> tuple[float, float]:
    monthly = 100.0 * (monthly_sums(ours) / monthly_sums(expected) - 1.0)
    return 100.0 * float(ours.sum() / expected.sum() - 1.0), _worst(monthly.tolist())


def _worst(errors: Sequence[float]) -> float:
    return float(max(errors, key=abs))


def _row(name: str, latitude: str, annual: Sequence[float], monthly: Sequence[float]) -> None:
    mean = statistics.fmean(annual)
    print(f"{name:<14}{latitude:>9}{mean:>+8.2f}{_worst(annual):>+8.2f}{_worst(monthly):>+13.2f}")


def _against_cec(years: Years) -> None:
    rows = pvlib.pvsystem.retrieve_sam("CECMod").T
    chosen = rows[rows.STC.astype(float) > 200.0].sample(MODULES, random_state=4)
    print("\nSAM's CEC module, roof, DC energy of a year [% of SAM]")
    print(f"{'':<44}{'row, NOCT-SAM':>15}{'fit, NOCT-SAM':>15}{'row, Fuentes':>14}{'fit, Fuentes':>14}")
    worst = np.zeros(4)
    for name, row in chosen.iterrows():
        diodes = (diode_of(row), fit_single_diode(sheet_of(row)))
        errors = []
        for site in ("Greensboro", "Sand Point", "Miami"):
            year, file = years[site]
            for azimuth in (0.0, 90.0, 180.0):
                expected = cec_module(row, file, tilt=TILT, azimuth=azimuth, modules=5)
                errors.append(
                    [
                        100.0 * (_dc_energy(year, azimuth, row, diode, model) / expected - 1.0)
                        for model in ("noct_sam", "fuentes")
                        for diode in diodes
                    ]
                )
        here = [_worst(column) for column in zip(*errors, strict=True)]
        worst = np.where(np.abs(here) > np.abs(worst), here, worst)
        print(f"{name!s:<44.43}" + "".join(f"{error:>+14.2f} " for error in here))
    print(f"{'worst':<44}" + "".join(f"{error:>+14.2f} " for error in worst))


def _dc_energy(
    year: WeatherYear, azimuth: float, row: Any, diode: SingleDiode, model: TemperatureModel
) -> float:
    area = float(row["A_c"])
    plane = Plane(
        TILT, azimuth, "roof", 5.0 * power_at_stc(diode), efficiency=power_at_stc(diode) / area / 1000.0, diode=diode
    )  # fmt: skip
    system = System(1e6, losses_percent=0.0, temperature_model=model)
    return float(simulate(year, [plane], system).p_dc.sum()) / 1000.0


def _time(place: tuple[WeatherYear, Path]) -> None:
    year, file = place
    solar_position_year(year.latitude, year.longitude, year.utc_offset, year.minute)
    linear = Plane(TILT, 180.0, "roof", 4000.0)
    diode = Plane(TILT, 180.0, "roof", 4000.0, diode=STANDARD)
    noct = System(4000.0 / 1.2, temperature_model="noct_sam")
    fresh = cycle([replace(year) for _ in range(FRESH)])
    contenders: dict[str, Callable[[], Any]] = {
        BAR_OURS: lambda: simulate(next(fresh), [linear], System(4000.0 / 1.2)),
        "ours, PVWatts with NOCT-SAM": lambda: simulate(next(fresh), [linear], noct),
        "ours, single diode with Fuentes": lambda: simulate(next(fresh), [diode], System(4000.0 / 1.2)),
        "ours, default, another array, same year": lambda: simulate(year, [linear], System(4000.0 / 1.2)),
        BAR_RIVAL: _model_chain(year, "sapm", sun_cached=False),
        "pvlib ModelChain, Fuentes, sun cached": _model_chain(year, "fuentes", sun_cached=True),
        CACHED_RIVAL: _model_chain(year, "sapm", sun_cached=True),
    }
    if find_spec("PySAM") is not None:
        contenders["PySAM Pvwattsv8, file read each time"] = lambda: pvwatts_8(
            file, tilt=TILT, azimuth=180.0, rack=False
        )
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            started = time.process_time()
            run()
            spent[name].append(1000.0 * (time.process_time() - started))
    medians = {name: statistics.median(milliseconds) for name, milliseconds in spent.items()}
    ours = medians[BAR_OURS]
    print(f"\none hourly year, our sun cached, weather new unless said; CPU time, median of {ROUNDS}")
    for name, median in medians.items():
        print(f"{name:<42}{median:8.2f} ms{median / ours:8.1f} × default")
    times = medians[BAR_RIVAL] / ours
    print(f"\nbar: {ours:.2f} of {YEAR_MS:g} ms, {_verdict(ours <= YEAR_MS)}; {times:.1f} × faster than ModelChain "
          f"of {TIMES_FASTER:g}, {_verdict(times >= TIMES_FASTER)}.")  # fmt: skip
    print(f"{READING} {medians[CACHED_RIVAL] / ours:.1f} ×.")
    tracemalloc.start()
    simulate(year, [linear], System(4000.0 / 1.2))
    print(f"{'ours, most memory at once':<42}{tracemalloc.get_traced_memory()[1] / 2**20:8.2f} MiB")
    tracemalloc.stop()


def _verdict(met: bool) -> str:
    return "met" if met else "NOT met"


def _model_chain(year: WeatherYear, temperature_model: str, *, sun_cached: bool) -> Callable[[], Any]:
    """ModelChain, which on its own computes the sun's position in every run."""
    mounting = pvlib.temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"]["close_mount_glass_glass"]
    array = pvlib.pvsystem.Array(
        pvlib.pvsystem.FixedMount(TILT, 180.0),
        albedo=0.2,
        module_parameters={"pdc0": 4000.0, "gamma_pdc": -0.0037},
        temperature_model_parameters=mounting if temperature_model == "sapm" else {"noct_installed": 49.0},
    )
    system = pvlib.pvsystem.PVSystem(
        [array], inverter_parameters={"pdc0": 4000.0 / 1.2 / 0.96, "eta_inv_nom": 0.96}
    )
    chain, frame = pvwatts_chain(system, year, temperature_model), frame_of(year)
    if sun_cached:
        sun = chain.location.get_solarposition(frame.index)
        chain.location.get_solarposition = lambda *_, **__: sun
    return lambda: chain.run_model(frame)


if __name__ == "__main__":
    main()
