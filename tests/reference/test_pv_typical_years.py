"""A year's energy on the typical years that pvlib ships, against PVWatts version 8 and pvlib's ModelChain."""

import numpy as np
import pvlib
import pytest

from core.pv.inverter import PVWATTS_8 as PVWATTS_8_INVERTER
from core.pv.simulate import Plane, System, simulate
from core.pv.single_diode import SingleDiode, power_at_stc
from core.pv.single_diode_fit import Datasheet, fit_single_diode
from core.pv.temperature import Mount, TemperatureModel
from core.pv.weather_year import WeatherYear
from tests.support.model_chain import frame_of, pvwatts_chain
from tests.support.typical_years import DATA, typical_year

YEARS = ("723170TYA.CSV", "703165TY.csv", "12839.tm2")

# Light on the plane [kWh/m²] and output [kWh] of 4 kW of standard modules on a 3.33 kW inverter of 96 %, 14 % losses,
# albedo 0.2, gcr 0.4; computed with Pvwattsv8 of NREL-PySAM 7.1.1.post1 from the file named, read by PySAM itself.
# For a rack, PySAM's light is what the rows in front leave of it.
PVWATTS_8: list[tuple[str, Mount, float, float, float, float]] = [
    ("723170TYA.CSV", "roof", 10, 180, 1676.8, 5185.9),
    ("723170TYA.CSV", "roof", 10, 0, 1434.3, 4385.6),
    ("723170TYA.CSV", "roof", 30, 180, 1778.0, 5519.3),
    ("723170TYA.CSV", "roof", 30, 90, 1463.9, 4510.6),
    ("723170TYA.CSV", "roof", 30, 270, 1474.4, 4529.0),
    ("723170TYA.CSV", "roof", 30, 0, 1092.8, 3274.1),
    ("723170TYA.CSV", "rack", 10, 180, 1672.6, 5212.0),
    ("723170TYA.CSV", "rack", 10, 0, 1430.4, 4402.3),
    ("723170TYA.CSV", "rack", 30, 180, 1742.9, 5459.0),
    ("723170TYA.CSV", "rack", 30, 90, 1427.1, 4431.6),
    ("723170TYA.CSV", "rack", 30, 270, 1432.1, 4432.4),
    ("723170TYA.CSV", "rack", 30, 0, 1063.9, 3203.1),
    ("703165TY.csv", "roof", 10, 180, 911.2, 2952.5),
    ("703165TY.csv", "roof", 10, 0, 735.2, 2331.6),
    ("703165TY.csv", "roof", 30, 180, 1016.4, 3326.5),
    ("703165TY.csv", "roof", 30, 90, 789.1, 2534.1),
    ("703165TY.csv", "roof", 30, 270, 798.4, 2570.3),
    ("703165TY.csv", "roof", 30, 0, 559.6, 1733.0),
    ("703165TY.csv", "rack", 10, 180, 908.1, 2955.8),
    ("703165TY.csv", "rack", 10, 0, 732.7, 2331.5),
    ("703165TY.csv", "rack", 30, 180, 982.1, 3231.6),
    ("703165TY.csv", "rack", 30, 90, 762.3, 2459.1),
    ("703165TY.csv", "rack", 30, 270, 768.8, 2487.1),
    ("703165TY.csv", "rack", 30, 0, 540.9, 1675.9),
    ("12839.tm2", "roof", 10, 180, 1873.3, 5709.0),
    ("12839.tm2", "roof", 10, 0, 1675.7, 5082.3),
    ("12839.tm2", "roof", 30, 180, 1914.8, 5848.6),
    ("12839.tm2", "roof", 30, 90, 1694.3, 5150.2),
    ("12839.tm2", "roof", 30, 270, 1642.4, 4981.4),
    ("12839.tm2", "roof", 30, 0, 1350.9, 4023.1),
    ("12839.tm2", "rack", 10, 180, 1868.5, 5729.2),
    ("12839.tm2", "rack", 10, 0, 1671.1, 5096.5),
    ("12839.tm2", "rack", 30, 180, 1874.9, 5767.7),
    ("12839.tm2", "rack", 30, 90, 1650.6, 5051.5),
    ("12839.tm2", "rack", 30, 270, 1597.4, 4876.3),
    ("12839.tm2", "rack", 30, 0, 1316.5, 3939.1),
]


@pytest.fixture(scope="module")
def typical_years() -> dict[str, WeatherYear]:
    return {name: typical_year(name) for name in YEARS}


@pytest.mark.parametrize(("name", "mount", "tilt", "azimuth", "poa", "ac"), PVWATTS_8)
def test_light_and_output_of_a_year_are_those_of_pvwatts_8(
    typical_years: dict[str, WeatherYear],
    name: str,
    mount: Mount,
    tilt: float,
    azimuth: float,
    poa: float,
    ac: float,
) -> None:
    year = simulate(
        typical_years[name], [Plane(tilt, azimuth, mount, 4000.0, -0.0037)], System(pac0=4000.0 / 1.2)
    )
    if mount == "roof":
        assert year.poa_annual_kwh_m2 == pytest.approx(poa, rel=1e-3)
    else:
        assert year.poa_annual_kwh_m2 * (1.0 - year.losses["row_shading"] / 100.0) == pytest.approx(
            poa, rel=0.012
        )
    assert year.ac_annual_kwh == pytest.approx(ac, rel=0.01 if mount == "roof" else 0.02)


def test_roofs_are_without_bias_against_pvwatts_8(typical_years: dict[str, WeatherYear]) -> None:
    errors = [
        simulate(
            typical_years[name], [Plane(tilt, azimuth, mount, 4000.0, -0.0037)], System(pac0=4000.0 / 1.2)
        ).ac_annual_kwh
        / ac
        - 1.0
        for name, mount, tilt, azimuth, _, ac in PVWATTS_8
        if mount == "roof"
    ]
    assert abs(float(np.mean(errors))) < 0.003


# Output by month [kWh] of the same array on a roof, from the same runs.
PVWATTS_8_MONTHS: list[tuple[str, float, float, list[float]]] = [
    (
        "723170TYA.CSV", 25.0, 0.0,
        [105.4, 138.4, 285.7, 408.2, 474.9, 517.2, 507.1, 440.7, 297.1, 202.5, 101.0, 78.0],
    ),
    (
        "703165TY.csv", 25.0, 90.0,
        [51.9, 93.9, 188.5, 285.6, 306.4, 341.9, 465.7, 259.5, 293.5, 167.7, 69.5, 43.2],
    ),
    (
        "703165TY.csv", 25.0, 180.0,
        [106.1, 147.6, 236.5, 348.7, 346.8, 374.6, 519.6, 288.2, 395.8, 257.9, 135.7, 105.3],
    ),
    (
        "12839.tm2", 25.0, 180.0,
        [445.1, 473.3, 547.2, 570.3, 528.2, 471.6, 513.4, 515.4, 463.0, 475.3, 422.9, 440.7],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "tilt", "azimuth", "monthly"), PVWATTS_8_MONTHS)
def test_no_month_is_off_by_more_than_four_per_cent_against_pvwatts_8(
    typical_years: dict[str, WeatherYear], name: str, tilt: float, azimuth: float, monthly: list[float]
) -> None:
    year = simulate(
        typical_years[name], [Plane(tilt, azimuth, "roof", 4000.0, -0.0037)], System(pac0=4000.0 / 1.2)
    )
    assert year.ac_monthly_kwh == pytest.approx(np.array(monthly), rel=0.04)


STANDARD_MODULE = SingleDiode(1.65916, 9.51393, 4.37813e-11, 0.269953, 654.059, 0.004755, 5.79586)
"""A CS1H-320MS, as in NREL's SAM Simulation Core, ssc/cmod_pvwattsv8.cpp."""


@pytest.mark.parametrize(
    ("name", "tilt", "azimuth", "ac"),
    [(name, tilt, azimuth, ac) for name, mount, tilt, azimuth, _, ac in PVWATTS_8 if mount == "roof"],
)
def test_with_the_models_of_pvwatts_8_a_roofs_year_is_that_of_pvwatts_8(
    typical_years: dict[str, WeatherYear], name: str, tilt: float, azimuth: float, ac: float
) -> None:
    """What is left is the spectrum of a sun below 4°, which version 8 follows out of its polynomial's range."""
    plane = Plane(tilt, azimuth, "roof", 4000.0, -0.0037, diode=STANDARD_MODULE)
    system = System(pac0=4000.0 / 1.2, temperature_model="noct_sam", inverter=PVWATTS_8_INVERTER)
    assert simulate(typical_years[name], [plane], system).ac_annual_kwh == pytest.approx(ac, rel=5e-3)


# DC energy [kWh] of a string of five on a roof, without losses, albedo 0.2, NOCT 49 °C: sum of `dc_net` of Pvsamv1 with
# the CEC module model, NREL-PySAM 7.1.1.post1, the file read by PySAM itself.
SAM_CEC: list[tuple[str, float, float, float]] = [
    ("723170TYA.CSV", 25.0, 180.0, 2410.454),
    ("723170TYA.CSV", 25.0, 90.0, 2027.604),
    ("723170TYA.CSV", 25.0, 0.0, 1570.920),
    ("723170TYA.CSV", 60.0, 180.0, 2223.354),
    ("703165TY.csv", 25.0, 180.0, 1468.954),
    ("703165TY.csv", 25.0, 90.0, 1160.944),
    ("703165TY.csv", 25.0, 0.0, 856.482),
    ("703165TY.csv", 60.0, 180.0, 1487.221),
    ("12839.tm2", 25.0, 180.0, 2567.913),
    ("12839.tm2", 25.0, 90.0, 2301.291),
    ("12839.tm2", 25.0, 0.0, 1898.422),
    ("12839.tm2", 60.0, 180.0, 2206.858),
]
SUNARRAY = SingleDiode(1.926391, 8.514902, 7.534949e-10, 0.261826, 454.514465, 0.005242, 15.226448)
"""Row Sunarray_SUNARRAY_M6B3612_280T of the CEC table (2019) that pvlib ships."""
SUNARRAY_SHEET = Datasheet(44.57, 36.79, 8.51, 7.99, 0.005242, -0.150335, -0.004654)
"""The same row's datasheet columns."""


@pytest.mark.parametrize(("name", "tilt", "azimuth", "dc"), SAM_CEC)
@pytest.mark.parametrize("diode", [SUNARRAY, fit_single_diode(SUNARRAY_SHEET)], ids=["row", "fitted"])
@pytest.mark.parametrize("temperature_model", ["noct_sam", "fuentes"])
def test_a_single_diodes_year_is_that_of_sams_cec_model(
    typical_years: dict[str, WeatherYear],
    name: str,
    tilt: float,
    azimuth: float,
    dc: float,
    diode: SingleDiode,
    temperature_model: TemperatureModel,
) -> None:
    plane = Plane(tilt, azimuth, "roof", 5.0 * power_at_stc(diode), efficiency=0.1507, diode=diode)
    system = System(pac0=1e6, losses_percent=0.0, temperature_model=temperature_model)
    energy = float(simulate(typical_years[name], [plane], system).p_dc.sum()) / 1000.0
    assert energy == pytest.approx(dc, rel=6e-3 if temperature_model == "noct_sam" else 1.5e-2)


@pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear is deprecated")  # pvlib under pandas 3.1
@pytest.mark.parametrize("name", YEARS)
@pytest.mark.parametrize(("tilt", "azimuth"), [(20.0, 180.0), (35.0, 90.0)])
def test_output_of_a_year_is_that_of_pvlibs_model_chain(
    typical_years: dict[str, WeatherYear], name: str, tilt: float, azimuth: float
) -> None:
    """ModelChain's PVWatts has bare glass, no spectrum, no reflection of diffuse light, no weak light."""
    weather = typical_years[name]
    pac0 = 5000.0
    array = pvlib.pvsystem.Array(
        pvlib.pvsystem.FixedMount(tilt, azimuth),
        albedo=0.2,
        module_parameters={"pdc0": 6000.0, "gamma_pdc": -0.0035},
        temperature_model_parameters={"noct_installed": 49.0},
    )
    system = pvlib.pvsystem.PVSystem(
        [array],
        inverter_parameters={"pdc0": pac0 / 0.96, "eta_inv_nom": 0.96},
        losses_parameters={"soiling": 14.0} | dict.fromkeys(OTHER_LOSSES, 0.0),
    )
    chain = pvwatts_chain(system, weather, "fuentes")
    chain.run_model(frame_of(weather))
    expected = float(chain.results.ac.clip(lower=0.0).sum()) / 1000.0

    ours = simulate(weather, [Plane(tilt, azimuth, "roof", 6000.0, -0.0035)], System(pac0=pac0))
    linear = ours.ac_annual_kwh / (1.0 - ours.losses["low_light"] / 100.0)
    assert linear == pytest.approx(expected, rel=0.01)


OTHER_LOSSES = (
    "shading",
    "snow",
    "mismatch",
    "wiring",
    "connections",
    "lid",
    "nameplate_rating",
    "age",
    "availability",
)


@pytest.mark.parametrize("name", YEARS)
@pytest.mark.parametrize("azimuth", [0.0, 135.0, 180.0, 225.0])
def test_output_of_a_year_is_that_of_a_live_pvwatts_8(
    typical_years: dict[str, WeatherYear], name: str, azimuth: float
) -> None:
    pvwattsv8 = pytest.importorskip("PySAM.Pvwattsv8", reason="NREL-PySAM is not installed")
    model = pvwattsv8.default("PVWattsNone")
    model.SolarResource.solar_resource_file = str(DATA / name)
    model.SolarResource.albedo = [0.2]
    model.SolarResource.use_wf_albedo = 0
    design = model.SystemDesign
    design.system_capacity, design.dc_ac_ratio, design.inv_eff, design.losses = 4.0, 1.2, 96.0, 14.0
    design.array_type, design.module_type, design.tilt, design.azimuth = 1, 0, 25.0, azimuth
    model.execute(0)
    ours = simulate(
        typical_years[name], [Plane(25.0, azimuth, "roof", 4000.0, -0.0037)], System(pac0=4000.0 / 1.2)
    )
    assert ours.poa_annual_kwh_m2 == pytest.approx(sum(model.Outputs.poa) / 1000.0, rel=1e-3)
    assert ours.ac_annual_kwh == pytest.approx(model.Outputs.ac_annual, rel=0.01)
    assert ours.ac_monthly_kwh == pytest.approx(np.array(model.Outputs.ac_monthly), rel=0.04)
