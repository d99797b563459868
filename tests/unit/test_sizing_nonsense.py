"""Nonsense is refused with a pointer and a reason; whatever is not, gives a document without NaN."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import FieldError, InvalidInput
from core.validation import parse_job_input
from nodes.intake.engine import check_input, complete_site
from nodes.sizing.engine import size
from tests.support.nonsense import NONSENSE
from tests.support.sizing import (
    HOME,
    HYBRID_INVERTER,
    LITHIUM,
    MODULE,
    STRING_INVERTER,
    nairobi_year,
    resource_of,
)


def accept(document: dict[str, Any]) -> Any:
    job = parse_job_input(json.dumps(document))
    check_input(job)
    return complete_site(job)


@pytest.mark.parametrize(
    ("document", "pointer", "reason"), NONSENSE, ids=lambda each: each if isinstance(each, str) else None
)
def test_nonsense_is_refused_with_its_place_and_the_reason(
    document: dict[str, Any], pointer: str, reason: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        accept(document)
    messages = {error.pointer: error.message for error in refused.value.errors}
    assert pointer in messages, messages
    assert reason in messages[pointer]


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (-1.29, 36.82),
        (64.1, -21.9),
        (-33.9, 18.4),
        (21.3, -157.9),
        (-90, 0),
        (51.5, -0.1),
        (1.35, 103.8),
        (0, 32.5),
    ],
)
def test_places_where_people_are_are_never_taken_for_swapped_ones(latitude: float, longitude: float) -> None:
    accept({"kind": "sizing", "site": {"latitude": latitude, "longitude": longitude}})


def test_a_factory_may_use_what_no_home_does() -> None:
    document = {
        "kind": "sizing",
        "site": {"latitude": -1.29, "longitude": 36.82},
        "demand": {"daily_kwh": 12_000},
    }
    accept(document | {"electrical": {"dwelling": False}})


number = st.one_of(
    st.floats(1, 50),
    st.floats(1, 50),
    st.floats(50, 400),
    st.sampled_from([0, -1, 1e9, 49_500, 0.97, float("nan"), float("inf"), 1e-9, None]),
)
module = st.just(MODULE) | st.fixed_dictionaries({}, optional=dict.fromkeys(MODULE, number)).map(
    lambda x: MODULE | x
)
inverter = st.sampled_from([STRING_INVERTER, HYBRID_INVERTER]).flatmap(
    lambda sheet: st.fixed_dictionaries(
        {}, optional={name: number for name, value in sheet.items() if not isinstance(value, str)}
    ).map(lambda changes: sheet | changes)
)
plane = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b"]), "surface_tilt": number, "surface_azimuth": st.floats(0, 360)},
    optional={
        "area_m2": number,
        "width_m": number,
        "setback_m": number,
        "mount": st.sampled_from(["roof", "rack"]),
    },
)
documents = st.fixed_dictionaries(
    {
        "kind": st.just("sizing"),
        "site": st.just({"latitude": -1.29, "longitude": 36.82}),
        "system_type": st.sampled_from(["grid_tied", "hybrid", "off_grid"]),
    },
    optional={
        "demand": st.sampled_from([{"daily_kwh": 8}, {"daily_kwh": 0.1}, {"appliances": HOME}])
        | st.builds(lambda kwh: {"daily_kwh": kwh}, number),
        "roof": st.lists(plane, max_size=2),
        "array": st.fixed_dictionaries(
            {},
            optional={
                "objective": st.sampled_from(["fewest_warnings", "cost_per_kwh", "smallest"]),
                "pdc0_w": number,
                "losses_percent": number,
                "gcr": number,
                "dc_ac_ratio": number,
                "energy_share": number,
                "strings": st.lists(
                    st.fixed_dictionaries(
                        {"mppt": st.integers(1, 4), "modules_per_string": st.integers(1, 40)}
                    ),
                    min_size=1,
                    max_size=3,
                ),
            },
        ),
        "equipment": st.fixed_dictionaries(
            {}, optional={"module": module, "inverter": inverter, "battery": st.just(LITHIUM)}
        ),
        "electrical": st.fixed_dictionaries(
            {},
            optional={
                "standard": st.sampled_from(["nec_2023", "iec_62548"]),
                "design_temp_min_c": number,
                "design_temp_max_c": number,
                "busbar_a": number,
                "main_breaker_a": number,
                "load_breakers_a": number,
                "dc_cable_m": number,
                "ac_cable_m": number,
                "service_voltage_v": number,
                "conduit_conductors": st.integers(0, 45),
            },
        ),
        "storage": st.fixed_dictionaries(
            {}, optional={"autonomy_days": number, "system_voltage_v": number, "temperature_c": number}
        ),
    },
)


def faults_of(document: dict[str, Any]) -> list[FieldError]:
    """What a document is refused for; of one that is not, the answer must hold no NaN."""
    year = nairobi_year()
    try:
        answer = size(accept(document), year, resource_of(year), {"demand_peak_power_w": 1500})
    except InvalidInput as refused:
        return list(refused.errors)
    json.dumps(answer.to_json(), allow_nan=False)
    return []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents)
def test_any_document_is_refused_with_pointers_or_answered_without_nan(document: dict[str, Any]) -> None:
    for error in faults_of(document):
        assert error.message
        assert error.pointer == "" or error.pointer.startswith("/")
