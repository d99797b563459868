"""Worked examples that others published, each with its source; reproduced to the digits they give."""

import pytest

from nodes.sizing.design import Design
from nodes.sizing.electrical.ac import output_current
from nodes.sizing.electrical.conductors import (
    COPPER,
    ambient_correction,
    bundling_adjustment,
    conductor,
    next_standard_size,
)
from nodes.sizing.electrical.dc import fuse_required
from nodes.sizing.electrical.interconnection import connect
from nodes.sizing.strings import SiteTemperatures, StringGroup, StringWindow, string_window, voltages
from state.equipment import Electrical, InverterDatasheet, ModuleDatasheet
from tests.support.sizing import MODULE, STRING_INVERTER


def module(**figures: object) -> ModuleDatasheet:
    return ModuleDatasheet.model_validate(MODULE | figures)


def inverter(**figures: object) -> InverterDatasheet:
    return InverterDatasheet.model_validate(STRING_INVERTER | figures)


@pytest.mark.parametrize(
    ("v_oc", "beta", "temp_min", "expected", "digits", "source"),
    [
        (45.0, -0.28, 3.0, 45.0 * 1.0616, 0.005, "surgepv.com string voltage calculator: Los Angeles, factor 1.0616"),
        (40.0, -0.30, -10.0, 44.2, 0.05, "maker-label-studio NEC 690 string sizing guide: 40 V at -10 °C"),
    ],
)  # fmt: skip
def test_cold_voltage_by_the_coefficient(
    v_oc: float, beta: float, temp_min: float, expected: float, digits: float, source: str
) -> None:
    at = voltages(module(v_oc_v=v_oc, beta_voc_pct_per_c=beta), SiteTemperatures(temp_min, 35.0, 70.0))
    assert at.v_oc_cold == pytest.approx(expected, abs=digits), source


def test_the_longest_string_for_a_500_volt_inverter() -> None:
    """maker-label-studio NEC 690 string sizing guide: 44.2 V a module, 11 modules, 486.2 V."""
    panel = module(v_oc_v=40.0, beta_voc_pct_per_c=-0.30, max_system_voltage_v=None)
    at = voltages(panel, SiteTemperatures(-10.0, 35.0, 70.0))
    window = string_window(panel, inverter(vdc_max_v=500.0), at, None)
    assert window.most == 11
    assert at.v_oc_bound * 11 == pytest.approx(486.2, abs=0.05)


@pytest.mark.parametrize(
    ("parallel", "required"),
    [(1, False), (2, False), (3, True)],
)
def test_string_fuses_of_a_module_with_15_ampere_series_fuse(parallel: int, required: bool) -> None:
    """Home Power, PV Overcurrent Protection, page 2: Isc 8.8 A; a second string pushes 11 A, two others 22 A."""
    panel = module(i_sc_a=8.8, i_mp_a=8.3, max_series_fuse_a=15)
    site = SiteTemperatures(0.0, 35.0, 70.0)
    at = voltages(panel, site)
    design = Design(
        panel, inverter(), 1, (StringGroup("roof", 10, parallel, 1),), site, at, StringWindow(None, None)
    )
    assert fuse_required(design) is required


@pytest.mark.parametrize(
    ("isc", "continuous", "fuse", "source"),
    [
        (9.5, 14.8, 15, "tools.gera.services string fuse calculator: 9.5 A needs 14.8 A, fuse 15 A"),
        (9.0, 9.0 * 1.5625, 15, "oregonlrt.com NEC 690.8(B)(1): 9.0 A, 11.25 A maximum"),
    ],
)
def test_string_fuse_sizes(isc: float, continuous: float, fuse: float, source: str) -> None:
    circuit = conductor("pv_source", 1.25 * isc, temp_ambient=30, bundled=2)
    assert circuit.i_continuous_a == pytest.approx(continuous, abs=0.05), source
    assert circuit.ocpd_a == fuse


def test_a_7_6_kilowatt_inverter_needs_a_40_ampere_breaker_that_10_awg_may_not_have() -> None:
    """IAEI Magazine 2020-09, photo 1: 7.6 kW, minimum breaker 40 A; 240.4(D)(7) caps 10 AWG at 30 A."""
    current = output_current(inverter(pac_w=7600, ac_current_max_a=None, ac_voltage_v=240), None)
    assert current is not None
    circuit = conductor("inverter_output", current, temp_ambient=30, bundled=2)
    assert circuit.ocpd_a == 40
    assert circuit.awg == "8"


@pytest.mark.parametrize(
    ("busbar", "main", "output", "backfeed", "passes", "source"),
    [
        (200, 200, 32.0, 40, True, "solardesignlab.com 120 % rule: 200 A busbar and main, 40 A breaker, 32 A"),
        (200, 200, 33.0, 40, False, "the same, 1 A beyond"),
        (200, 200, 64.0, 40, False, "forums.mikeholt.com 2580629: 200 + 1.25 × 64 = 280 A, needs 233 A at 120 %"),
        (233.4, 200, 64.0, 80, True, "forums.mikeholt.com 2580629: 280 A ÷ 120 % = 233 A"),
        (280, 200, 64.0, 80, True, "forums.mikeholt.com 2580629: 280 A under 705.12(B)(1)"),
    ],
)  # fmt: skip
def test_interconnection_at_the_busbar(
    busbar: float, main: float, output: float, backfeed: float, passes: bool, source: str
) -> None:
    interconnection, check = connect(Electrical(busbar_a=busbar, main_breaker_a=main), output, 1)
    assert interconnection is not None
    assert interconnection.max_backfeed_a == pytest.approx(backfeed, abs=0.1), source
    assert (check.status == "pass") is passes, source


def test_a_200_ampere_centre_fed_dwelling_panel_takes_a_40_ampere_breaker() -> None:
    """RE-wrenches, B. Brooks, 2016-03-03: a 200 A centre-fed panel would allow a 40 A PV breaker at either end."""
    panel = Electrical(busbar_a=200, main_breaker_a=200, panel_feed="center", dwelling=True)
    interconnection, check = connect(panel, 32.0, 1)
    assert interconnection is not None
    assert (check.status, interconnection.max_backfeed_a, interconnection.backfeed_breaker_a) == (
        "pass",
        40,
        40,
    )


@pytest.mark.parametrize(
    ("awg", "ampacity_75", "ambient", "bundled", "ampacity", "source"),
    [
        ("12", 25, 30, 3, 30.0, "wiresizes.com NEC Table 310.16: 12 AWG at 90 °C"),
        ("10", 35, 30, 6, 40 * 0.80, "wiresizes.com: six conductors, factor 0.80"),
        ("12", 25, 55, 3, 30 * 0.76, "engineerboards.com 27269: 12 AWG THHN at 55 °C, 30 A × 0.76"),
        ("8", 50, 50, 3, 55 * 0.82, "surgepv.com temperature derating: 0.82 at 50 °C for 90 °C insulation"),
    ],
)  # fmt: skip
def test_ampacity_after_heat_and_company(
    awg: str, ampacity_75: float, ambient: float, bundled: int, ampacity: float, source: str
) -> None:
    wire = next(wire for wire in COPPER if wire.awg == awg)
    assert wire.ampacity_75 == ampacity_75
    correction = ambient_correction(ambient)
    assert correction is not None
    assert wire.ampacity_90 * correction * bundling_adjustment(bundled) == pytest.approx(ampacity), source


@pytest.mark.parametrize(
    ("current", "size"), [(47, 50), (55, 60), (65, 70), (85, 90), (201, 225), (801, 1000), (1001, 1200)]
)
def test_standard_sizes_that_guides_use_as_examples(current: float, size: float) -> None:
    """sparkshift.app/code/nec-240-6: 55 A and 65 A are not standard; 225 A follows 200; the jumps above 800."""
    assert next_standard_size(current) == size
