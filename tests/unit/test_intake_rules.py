from typing import Any

import pytest

from core.catalog import search_batteries, search_inverters, search_modules
from core.climate.terrain import lookup_elevation
from core.errors import InvalidInput
from core.validation import parse_job_input
from nodes.intake.engine import check_input, complete_site
from state.job import JobInput

MODULE = {
    "manufacturer": "Made up",
    "model": "for a test",
    "p_mp_w": 550,
    "v_oc_v": 49.9,
    "i_sc_a": 14.0,
    "v_mp_v": 41.96,
    "i_mp_a": 13.11,
    "beta_voc_pct_per_c": -0.275,
    "gamma_pmp_pct_per_c": -0.35,
}
INVERTER = {"manufacturer": "Made up", "model": "for a test", "pac_w": 5000, "mppt_count": 2}
BATTERY = {"manufacturer": "Made up", "model": "b", "chemistry": "lithium_ion", "capacity_ah": 100}
FRIDGE = {"name": "Fridge", "power_w": 300, "hours_per_day": 8}


def job(**changes: Any) -> JobInput:
    return parse_job_input({"kind": "sizing", "site": {"latitude": -1.27, "longitude": 36.84}, **changes})


def refused(**changes: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        check_input(job(**changes))
    return {error.pointer: error.message for error in caught.value.errors}


def test_absent_demand_is_a_question_for_sizing_rather_than_an_offence() -> None:
    check_input(job())
    check_input(job(demand={}))
    check_input(job(demand={"appliances": [{"name": "Kiln", "hours_per_day": 2}]}))


def test_every_contradicting_form_of_demand_is_named() -> None:
    assert refused(demand={"appliances": [FRIDGE], "daily_kwh": 5}) == {
        "/demand/appliances": "contradicts daily_kwh: give exactly one of them",
        "/demand/daily_kwh": "contradicts appliances: give exactly one of them",
    }
    zero_counts_as_given = refused(demand={"daily_kwh": 5, "monthly_kwh": [0.0] * 12})
    assert set(zero_counts_as_given) == {"/demand/daily_kwh", "/demand/monthly_kwh"}


@pytest.mark.parametrize(
    ("demand", "pointer", "message"),
    [
        ({"monthly_kwh": [0] * 12}, "/demand/monthly_kwh", "nothing to size for"),
        ({"monthly_kwh": [4e6] * 12}, "/demand/monthly_kwh", "131,507 kWh a day"),
        ({"appliances": [{**FRIDGE, "hours_per_day": 0}]}, "/demand/appliances", "never run"),
        (
            {"appliances": [{**FRIDGE, "power_w": 1e6, "quantity": 3000, "hours_per_day": 0.01}]},
            "/demand/appliances",
            "draw 3,000 MW together",
        ),
        (
            {"appliances": [{**FRIDGE, "power_w": 1e6, "quantity": 5, "hours_per_day": 24}]},
            "/demand/appliances",
            "120,000 kWh a day",
        ),
    ],
)
def test_demand_that_nothing_could_serve_is_refused(
    demand: dict[str, Any], pointer: str, message: str
) -> None:
    found = refused(demand=demand)
    assert list(found) == [pointer]
    assert message in found[pointer]


def test_a_month_without_demand_is_fine() -> None:
    check_input(job(demand={"monthly_kwh": [0, *[300] * 11]}))


def test_unknown_equipment_is_refused_with_what_was_probably_meant() -> None:
    known = search_modules()[0]
    name = f"{known.manufacturer} {known.model}"
    check_input(job(equipment={"module": name}))
    found = refused(equipment={"module": name[:-1] + "?", "inverter": "Nonesuch 9000", "battery": "Nonesuch"})
    assert list(found) == ["/equipment/module", "/equipment/inverter", "/equipment/battery"]
    assert f"did you mean '{name}'" in found["/equipment/module"]


def test_every_datasheet_of_the_catalogue_would_pass_as_a_technicians_own() -> None:
    for module in search_modules(limit=1000):
        check_input(job(equipment={"module": module.to_json()}))
    for inverter in search_inverters(limit=1000):
        check_input(job(equipment={"inverter": inverter.to_json()}))
    for battery in search_batteries(limit=1000):
        check_input(job(equipment={"battery": battery.to_json()}))


@pytest.mark.parametrize(
    ("figures", "pointer"),
    [
        ({"v_mp_v": 49.9, "i_mp_a": 11.02}, "v_mp_v"),
        ({"i_mp_a": 14.1, "v_mp_v": 39.0}, "i_mp_a"),
        ({"p_mp_w": 620}, "p_mp_w"),
        ({"p_mp_w": 480}, "p_mp_w"),
        ({"max_system_voltage_v": 15}, "max_system_voltage_v"),
        ({"max_series_fuse_a": 10}, "max_series_fuse_a"),
    ],
)
def test_module_figures_that_cannot_all_be_true_are_refused(figures: dict[str, float], pointer: str) -> None:
    assert list(refused(equipment={"module": {**MODULE, **figures}})) == [f"/equipment/module/{pointer}"]


def test_rounded_module_figures_pass() -> None:
    check_input(job(equipment={"module": {**MODULE, "p_mp_w": 545}}))


@pytest.mark.parametrize(
    ("figures", "pointer"),
    [
        ({"mppt_min_v": 500, "mppt_max_v": 90}, "mppt_min_v"),
        ({"mppt_max_v": 1100, "vdc_max_v": 1000}, "mppt_max_v"),
        ({"v_start_v": 700, "vdc_max_v": 600}, "v_start_v"),
    ],
)
def test_inverter_figures_that_cannot_all_be_true_are_refused(
    figures: dict[str, float], pointer: str
) -> None:
    assert list(refused(equipment={"inverter": {**INVERTER, **figures}})) == [
        f"/equipment/inverter/{pointer}"
    ]


def test_a_string_cannot_hang_on_a_tracker_that_is_not_there() -> None:
    strings = [{"mppt": 1, "modules_per_string": 8}, {"mppt": 3, "modules_per_string": 8}]
    assert refused(equipment={"inverter": INVERTER}, array={"strings": strings}) == {
        "/array/strings/1/mppt": "the inverter has 2 MPP trackers"
    }


@pytest.mark.parametrize(
    ("unit_v", "bank_v", "possible"),
    [
        (12, 48, True),
        (12.8, 48, True),
        (51.2, 48, True),
        (2, 24, True),
        (3.2, 48, True),
        (204.8, 48, False),
        (24, 12, False),
        (48, 36, False),
    ],
)
def test_a_bank_is_a_whole_number_of_units(unit_v: float, bank_v: float, possible: bool) -> None:
    changes = {
        "system_type": "off_grid",
        "equipment": {"battery": {**BATTERY, "nominal_v": unit_v}},
        "storage": {"system_voltage_v": bank_v},
    }
    if possible:
        check_input(job(**changes))
    else:
        assert list(refused(**changes)) == ["/storage/system_voltage_v"]


def test_the_inverters_battery_side_must_be_the_banks_voltage() -> None:
    inverter = {**INVERTER, "battery_voltage_v": 48}
    bank = {"storage": {"system_voltage_v": 24}, "equipment": {"inverter": inverter}}
    assert list(refused(system_type="hybrid", **bank)) == ["/storage/system_voltage_v"]
    check_input(job(system_type="grid_tied", **bank))
    check_input(job(system_type="hybrid", equipment={"inverter": {**inverter, "battery_voltage_v": 51.2}}))


def test_a_battery_has_one_chemistry() -> None:
    equipment = {"battery": {**BATTERY, "nominal_v": 51.2}, "battery_chemistry": "lead_acid"}
    assert list(refused(equipment=equipment)) == ["/equipment/battery_chemistry"]


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"site": {"latitude": 0, "longitude": 0}}, ["/site"]),
        (
            {"electrical": {"design_temp_min_c": 20, "design_temp_max_c": 10}},
            ["/electrical/design_temp_min_c"],
        ),
        (
            {"resource": {"peak_sun_hours": 5, "weather_file_id": "x"}},
            ["/resource/peak_sun_hours", "/resource/weather_file_id"],
        ),
        (
            {"schedule": {"earliest": "2026-03-02T10:00:00+03:00", "latest": "2026-03-02T07:00:00Z"}},
            ["/schedule/latest"],
        ),
        (
            {"roof": [{"name": "north", "surface_tilt": 9, "surface_azimuth": az} for az in (0, 180)]},
            ["/roof/1/name"],
        ),
        (
            {"description": "a\0b", "roof": [{"name": "\0", "surface_tilt": 9, "surface_azimuth": 0}]},
            ["/roof/0/name", "/description"],
        ),
    ],
)
def test_what_excludes_itself_is_refused(changes: dict[str, Any], pointers: list[str]) -> None:
    assert list(refused(**changes)) == pointers


@pytest.mark.parametrize("kind", ["triage", "full"])
@pytest.mark.parametrize(
    "ticket",
    [
        None,
        {},
        {"text": " \n"},
        {"vendor": "solaredge"},
        {"measurements": {}},
        {"measurements": {"string_currents_a": []}},
    ],
)
def test_a_ticket_that_says_nothing_is_refused(kind: str, ticket: dict[str, Any] | None) -> None:
    assert refused(kind=kind, ticket=ticket) == {"/ticket": "must have a text, a fault code or a measurement"}


@pytest.mark.parametrize(
    "ticket", [{"text": "Inverter dead"}, {"fault_codes": [150]}, {"measurements": {"ac_power_w": 0}}]
)
def test_one_thing_to_go_by_makes_a_ticket(ticket: dict[str, Any]) -> None:
    check_input(job(kind="triage", ticket=ticket))


def test_a_blank_code_is_named_and_does_not_count() -> None:
    assert list(refused(kind="triage", ticket={"fault_codes": [" "]})) == ["/ticket", "/ticket/fault_codes/0"]


def test_all_offences_are_named_together() -> None:
    found = refused(
        kind="full",
        demand={"monthly_kwh": [0] * 12},
        resource={"peak_sun_hours": 5, "weather_file_id": "x"},
    )
    assert list(found) == [
        "/demand/monthly_kwh",
        "/resource/peak_sun_hours",
        "/resource/weather_file_id",
        "/ticket",
    ]


def test_height_and_time_zone_are_looked_up_where_absent() -> None:
    site = complete_site(job()).site
    assert site.timezone == "Africa/Nairobi"
    assert site.elevation_m == lookup_elevation(-1.27, 36.84)


def test_what_the_technician_knows_is_kept() -> None:
    given = {"latitude": -1.27, "longitude": 36.84, "elevation_m": 12.5, "timezone": "UTC"}
    assert complete_site(job(site=given)).site.to_json() == {**given, "address": None}


@pytest.mark.parametrize("longitude", [-180, 0, 179.99])
@pytest.mark.parametrize("latitude", [-90, -45.5, 28.0, 90])
def test_a_completed_site_is_valid_anywhere(latitude: float, longitude: float) -> None:
    completed = complete_site(job(site={"latitude": latitude, "longitude": longitude}))
    assert JobInput.model_validate(completed.to_json()) == completed
    assert completed.site.timezone
    assert completed.site.elevation_m is not None


def test_an_unknown_price_book_and_one_in_another_currency_are_refused() -> None:
    assert refused(economics={"price_book": "kenya-home"}) == {
        "/economics/price_book": "unknown price book 'kenya-home'; did you mean 'kenya-homes'?"
    }
    assert refused(economics={"currency": "USD", "price_book": "kenya-homes"}) == {
        "/economics/price_book": "is in KES, the job in USD"
    }
    check_input(job(economics={"price_book": "Kenya Homes"}))


def test_an_appliance_cannot_run_longer_than_the_hours_it_is_said_to_run_in() -> None:
    evening = FRIDGE | {"use": [{"from_hour": 20, "to_hour": 2}]}
    assert refused(demand={"appliances": [FRIDGE, evening]}) == {
        "/demand/appliances/1/hours_per_day": "is more than the 6 hours of its `use`"
    }
    check_input(job(demand={"appliances": [evening | {"hours_per_day": 6}]}))


def test_a_tariff_with_a_gap_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidInput, match="no price for 0:00"):
        job(
            economics={
                "tariff_periods": [{"name": "noon", "price_per_kwh": 3, "from_hour": 11, "to_hour": 13}]
            }
        )
