"""Published worked examples, reproduced by the product's own functions to the digits that their sources print."""

from collections.abc import Sequence

import pytest

from nodes.sizing.design import Design
from nodes.sizing.electrical.conductors import COPPER, conductor, derating_of
from nodes.sizing.electrical.dc import dc_checks, dc_conductors, fuse_required, string_fuse
from nodes.sizing.electrical.interconnection import connect
from nodes.sizing.electrical.voltage_drop import area_mm2, drop_percent
from nodes.sizing.strings import SiteTemperatures, StringGroup, StringWindow, string_window, voltages
from state.equipment import Electrical, InverterDatasheet, ModuleDatasheet
from tests.reference import electrical_examples as published
from tests.reference.electrical_examples import Example
from tests.support.sizing import MODULE, STRING_INVERTER

FOOT = 0.3048


def of(examples: Sequence[Example]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", examples, ids=lambda each: each.source[:60])


def agrees(computed: float | None, example: Example) -> bool:
    """To the digits printed."""
    assert isinstance(example.printed, str)
    assert computed is not None
    return (
        abs(computed - float(example.printed)) <= 0.5 * 10.0 ** -len(example.printed.partition(".")[2]) + 1e-9
    )


def module(**figures: object) -> ModuleDatasheet:
    return ModuleDatasheet.model_validate(MODULE | figures)


def inverter(**figures: object) -> InverterDatasheet:
    return InverterDatasheet.model_validate(STRING_INVERTER | figures)


def design(panel: ModuleDatasheet, temp_min: float, *, length: int = 10, parallel: int = 1) -> Design:
    site = SiteTemperatures(temp_min, 30.0, 70.0)
    groups = (StringGroup("roof", length, parallel, 1),)
    return Design(panel, inverter(), 1, groups, site, voltages(panel, site), StringWindow(None, None))


def check_value(check_id: str, of_design: Design) -> float | None:
    return next(each.value for each in dc_checks(of_design, Electrical()) if each.id == check_id)


def test_there_are_at_least_25_examples_from_at_least_15_sources_each_with_its_edition() -> None:
    rows = [example for examples in published.ALL.values() for example in examples]
    assert len(rows) == len(set(rows)) >= 25
    assert len({example.source.split(",")[0] for example in rows}) >= 15
    assert all(example.source and example.edition for example in rows)


@of(published.COLD_VOLTAGE)
def test_cold_voltage_by_the_coefficient(example: Example) -> None:
    v_oc, beta, temp_min = example.given
    at = voltages(
        module(v_oc_v=v_oc, beta_voc_pct_per_c=beta), SiteTemperatures(float(temp_min or 0), 35.0, 70.0)
    )
    assert agrees(at.v_oc_cold, example)


@of(published.STRING_VOLTAGE)
def test_cold_voltage_of_a_string(example: Example) -> None:
    length, v_oc, beta, temp_min = example.given
    panel = module(v_oc_v=v_oc, beta_voc_pct_per_c=beta)
    value = check_value("nec_690_7_max_voltage", design(panel, float(temp_min or 0), length=int(length or 0)))
    assert agrees(value, example)


@of(published.LONGEST_STRING)
def test_the_longest_string_of_an_inverter(example: Example) -> None:
    v_oc, beta, temp_min, vdc_max = example.given
    panel = module(v_oc_v=v_oc, beta_voc_pct_per_c=beta, max_system_voltage_v=None)
    at = voltages(panel, SiteTemperatures(float(temp_min or 0), 35.0, 70.0))
    assert agrees(string_window(panel, inverter(vdc_max_v=vdc_max), at, None).most, example)


@of(published.HOT_VOLTAGE)
def test_hot_voltage(example: Example) -> None:
    v_mp, beta, temp_cell = example.given
    panel = module(v_mp_v=v_mp, beta_vmp_pct_per_c=beta)
    assert agrees(voltages(panel, SiteTemperatures(0.0, 35.0, float(temp_cell or 0))).v_mp_hot, example)


@of(published.TABLE_690_7)
def test_cold_voltage_by_the_table(example: Example) -> None:
    length, v_oc, temp_min = example.given
    of_design = design(module(v_oc_v=v_oc), float(temp_min or 0), length=int(length or 0))
    assert agrees(check_value("nec_690_7_table", of_design), example)


@of(published.MAXIMUM_CURRENT)
def test_maximum_circuit_current(example: Example) -> None:
    i_sc, parallel = example.given
    circuits = dc_conductors(design(module(i_sc_a=i_sc), 0.0, parallel=int(parallel or 0)), Electrical())
    assert agrees(circuits[-1].i_max_a, example)


@of(published.CONTINUOUS_CURRENT)
def test_continuous_current(example: Example) -> None:
    (i_sc,) = example.given
    (source,) = dc_conductors(design(module(i_sc_a=i_sc), 0.0), Electrical())
    assert agrees(source.i_continuous_a, example)


@of(published.DEVICE)
def test_overcurrent_device_of_an_output(example: Example) -> None:
    (current,) = example.given
    assert agrees(
        conductor("inverter_output", float(current or 0), temp_ambient=30, bundled=2).ocpd_a, example
    )


@of(published.CONDUCTOR)
def test_source_circuit_conductor(example: Example) -> None:
    i_sc, ambient, bundled, fused = example.given
    circuit = conductor(
        "pv_source",
        1.25 * float(i_sc or 0),
        temp_ambient=float(ambient or 0),
        bundled=int(bundled or 0),
        ocpd_required=bool(fused),
    )
    assert circuit.awg == example.printed


@of(published.OUTPUT_CONDUCTOR)
def test_output_conductor_with_its_device(example: Example) -> None:
    (current,) = example.given
    assert (
        conductor("inverter_output", float(current or 0), temp_ambient=30, bundled=3).awg == example.printed
    )


@of(published.AMPACITY)
def test_ampacity_after_heat_and_company(example: Example) -> None:
    awg, ambient, bundled = example.given
    derating = derating_of(float(ambient or 0), int(bundled or 0))
    assert derating is not None
    wire = next(wire for wire in COPPER if wire.awg == awg)
    assert agrees(wire.ampacity_90 * derating, example)


@of(published.STRING_FUSE)
def test_whether_strings_need_fuses(example: Example) -> None:
    i_sc, parallel, series_fuse = example.given
    panel = module(i_sc_a=i_sc, i_mp_a=float(i_sc or 0) - 0.5, max_series_fuse_a=series_fuse)
    assert fuse_required(design(panel, 0.0, parallel=int(parallel or 0))) is example.printed


@of(published.FUSE_RATING)
def test_string_fuse_rating(example: Example) -> None:
    standard, i_sc = example.given
    assert agrees(
        string_fuse(module(i_sc_a=i_sc), Electrical.model_validate({"standard": standard}).standard), example
    )


@of(published.BUSBAR)
def test_interconnection_at_the_busbar(example: Example) -> None:
    busbar, main, feed, loads, output, fits = example.given
    panel = {"busbar_a": busbar, "main_breaker_a": main, "panel_feed": feed, "load_breakers_a": loads}
    interconnection, check = connect(Electrical.model_validate(panel), float(output or 0), 1)
    assert interconnection is not None
    assert agrees(interconnection.max_backfeed_a, example)
    assert (check.status == "pass") is fits


@of(published.VOLTAGE_DROP)
def test_voltage_drop(example: Example) -> None:
    awg, feet, current, voltage = example.given
    lost = drop_percent(area_mm2(str(awg)), float(feet or 0) * FOOT, float(current or 0), float(voltage or 0))
    assert agrees(lost, example)
