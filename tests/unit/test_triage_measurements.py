"""Measurements against their limits. The limits and where they were read stand in the data file."""

import pytest

from nodes.triage.measurements import Measured, read_measurements
from state.triage import Measurements


def measured(
    system_voltage_v: float | None = None, service_voltage_v: float | None = None, **values: object
) -> Measured:
    return read_measurements(
        Measurements.model_validate(values),
        system_voltage_v=system_voltage_v,
        service_voltage_v=service_voltage_v,
    )


def modes(read: Measured) -> list[str | None]:
    return [finding.mode for finding in read.findings]


@pytest.mark.parametrize(
    ("resistance", "voltage", "bad"),
    [
        (0.4, 100.0, True),
        (0.6, 100.0, False),
        (0.6, 400.0, True),
        (0.99, 800.0, True),
        (1.0, 800.0, False),
        (1.0, 1500.0, False),
        (0.2, None, True),
        (2.0, None, False),
    ],
)
def test_insulation_is_judged_at_the_system_voltage(
    resistance: float, voltage: float | None, bad: bool
) -> None:
    read = measured(insulation_resistance_mohm=resistance, system_voltage_v=voltage)

    assert (modes(read) == ["pv_insulation_low"]) is bad
    assert "IEC 62446-1" in read.findings[0].rule
    assert not read.needs_system_voltage


def test_between_the_two_minima_the_voltage_is_asked_and_the_reading_counts_as_bad() -> None:
    read = measured(insulation_resistance_mohm=0.7)

    assert read.needs_system_voltage
    assert modes(read) == ["pv_insulation_low"]
    assert {danger.kind for danger in read.findings[0].dangers if danger.stops} == {"ground_fault", "shock"}


def test_a_voltage_that_may_be_one_modules_does_not_lower_the_wanted_insulation() -> None:
    read = measured(insulation_resistance_mohm=0.7, v_oc_v=45.0)

    assert modes(read)[0] == "pv_insulation_low"


@pytest.mark.parametrize(
    ("v_oc", "mode"),
    [
        (400.0, None),
        (385.0, None),
        (370.0, None),
        (350.0, "string_voltage_low"),
        (450.0, "pv_overvoltage"),
        (5.0, "string_open"),
    ],
)
def test_open_circuit_voltage_against_expectation(v_oc: float, mode: str | None) -> None:
    assert modes(measured(v_oc_v=v_oc, expected_v_oc_v=400.0)) == [mode]


@pytest.mark.parametrize(
    ("i_sc", "mode"), [(9.0, None), (8.4, None), (7.5, "string_weak"), (0.1, "string_open")]
)
def test_short_circuit_current_against_expectation(i_sc: float, mode: str | None) -> None:
    assert modes(measured(i_sc_a=i_sc, expected_i_sc_a=9.0)) == [mode]


def test_strings_are_compared_with_the_middle_one() -> None:
    read = measured(string_currents_a=[8.0, 8.1, 0.0, 6.0])

    assert modes(read) == ["string_open", "string_weak"]
    assert "string 3" in read.findings[0].says
    assert "string 4" in read.findings[1].says
    assert read.findings[0].lost_share == pytest.approx((1 + 1 - 6 / 7) / 4)


def test_like_strings_speak_against_an_open_one() -> None:
    read = measured(string_currents_a=[8.0, 8.1, 7.9])

    assert modes(read) == [None]
    assert "string_open" in read.findings[0].clears


@pytest.mark.parametrize("currents", [[8.0], [0.0, 0.0, 0.0]])
def test_one_string_or_darkness_allows_no_comparison(currents: list[float]) -> None:
    read = measured(string_currents_a=currents)

    assert not read.findings
    assert "string currents" in read.not_judged[0]


@pytest.mark.parametrize(
    ("delta", "poa", "stops"), [(30.0, 700.0, True), (25.0, 700.0, False), (6.0, 1000.0, False)]
)
def test_a_hot_spot_is_normalised_to_full_sun(delta: float, poa: float, stops: bool) -> None:
    """30 K at 700 W/m² are 43 K at 1000 W/m², which is class 3; 25 K are 36 K, class 2."""
    read = measured(hot_spot_delta_k=delta, poa_global_w_m2=poa)

    assert any(danger.stops for finding in read.findings for danger in finding.dangers) is stops
    assert "IEC TS 62446-3" in read.findings[0].rule


def test_a_hot_spot_in_too_little_sun_is_not_judged() -> None:
    read = measured(hot_spot_delta_k=12.0, poa_global_w_m2=400.0)

    assert not read.findings
    assert "600 W/m²" in read.not_judged[0]


def test_a_hot_spot_beyond_class_3_is_dangerous_in_any_sun() -> None:
    read = measured(hot_spot_delta_k=45.0)

    assert any(danger.kind == "fire" and danger.stops for danger in read.findings[0].dangers)


@pytest.mark.parametrize(
    ("power", "mode", "lost"),
    [(0.0, "inverter_stopped", 1.0), (2100.0, "underperformance", 0.5), (4000.0, None, None)],
)
def test_power_against_expectation(power: float, mode: str | None, lost: float | None) -> None:
    read = measured(ac_power_w=power, expected_power_w=4200.0)

    assert modes(read) == [mode]
    assert read.findings[0].lost_share == (None if lost is None else pytest.approx(lost))


@pytest.mark.parametrize(
    ("temperature", "mode"),
    [(25.0, None), (51.0, "battery_warm"), (60.0, "battery_hot"), (-5.0, "battery_cold")],
)
def test_battery_temperature(temperature: float, mode: str | None) -> None:
    assert modes(measured(battery_temperature_c=temperature)) == [mode]


@pytest.mark.parametrize(
    ("volts", "mode"),
    [(240.0, None), (265.0, "grid_overvoltage"), (210.0, "grid_undervoltage"), (3.0, "grid_lost")],
)
def test_grid_voltage_against_the_nominal_one(volts: float, mode: str | None) -> None:
    assert modes(measured(grid_voltage_v=volts, service_voltage_v=240.0)) == [mode]


def test_what_has_nothing_to_be_compared_with_is_not_judged() -> None:
    read = measured(grid_voltage_v=240.0, ac_power_w=100.0, v_oc_v=300.0, i_sc_a=9.0)

    assert not read.findings
    assert len(read.not_judged) == 4
