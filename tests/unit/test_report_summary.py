from typing import Any
from uuid import UUID

import pytest

from nodes.report.figures import ended, figure
from nodes.report.findings import assumptions_of, warnings_of
from nodes.report.node import compose
from nodes.report.results import Results
from nodes.report.summary import summarise
from state.dispatch import DispatchResult
from state.job import JobInput
from state.sizing import SizingResult
from state.triage import TriageResult
from state.weather import WeatherResult

MODULE = {
    "manufacturer": "Made up",
    "model": "M550",
    "p_mp_w": 550,
    "v_oc_v": 49.9,
    "i_sc_a": 14.0,
    "v_mp_v": 41.96,
    "i_mp_a": 13.11,
    "beta_voc_pct_per_c": -0.275,
    "gamma_pmp_pct_per_c": -0.35,
}
INVERTER = {
    "manufacturer": "Made up",
    "model": "I5",
    "pac_w": 5000,
    "count": 1,
    "pac0_w": 5000,
    "dc_ac_ratio": 1.32,
}
STORAGE = {
    "battery": {
        "manufacturer": "Made up",
        "model": "B100",
        "chemistry": "lithium_ion",
        "nominal_v": 51.2,
        "capacity_ah": 100,
    },
    "chemistry": "lithium_ion",
    "required_ah": 180,
    "units_in_series": 1,
    "strings_in_parallel": 2,
    "units": 2,
    "nominal_kwh": 10.24,
    "usable_kwh": 8.2,
    "autonomy_days": 1.04,
}
ENERGY = {
    "ac_annual_kwh": 10_234.4,
    "ac_monthly_kwh": [852.0] * 12,
    "poa_annual_kwh_m2": 2010,
    "poa_monthly_kwh_m2": [167.0] * 12,
    "specific_yield_kwh_per_kwp": 1550,
    "performance_ratio": 0.771,
    "capacity_factor": 0.18,
    "losses": {},
    "self_sufficiency": 0.83,
    "export_kwh": 2100,
    "unserved_kwh": 0,
}
ECONOMICS: dict[str, Any] = {
    "currency": "KES",
    "capital_cost": {"array": 100, "total": 612_345},
    "annual_savings": 98_000,
    "simple_payback_years": 6.25,
    "npv": None,
    "irr": None,
    "lcoe": 9.876,
}
CHECKS = [
    {
        "id": "a",
        "rule": "NEC 2023 690.7(A)",
        "value": 931,
        "limit": 1000,
        "unit": "V",
        "margin_percent": 6.9,
        "status": "pass",
        "detail": "Cold string voltage.",
    },
    {
        "id": "b",
        "rule": "MPPT window",
        "value": 90.123456,
        "limit": 120,
        "unit": "V",
        "margin_percent": -25,
        "status": "fail",
        "detail": "The hot string falls out of it.",
    },
    {
        "id": "c",
        "rule": "Fuse",
        "value": None,
        "limit": None,
        "unit": "A",
        "margin_percent": None,
        "status": "not_evaluated",
        "detail": "No rating is known.",
    },
    {
        "id": "d",
        "rule": "DC/AC",
        "value": 1.45,
        "limit": 1.5,
        "unit": "",
        "margin_percent": 3,
        "status": "warn",
        "detail": "High.",
    },
]
SIZING: dict[str, Any] = {
    "status": "screening",
    "demand": None,
    "array": {
        "module": MODULE,
        "modules": 12,
        "pdc0_w": 6600,
        "strings": [
            {"mppt": 1, "modules_per_string": 6, "parallel": 1},
            {"mppt": 2, "modules_per_string": 6, "parallel": 1},
        ],
        "planes": [],
    },
    "string_limits": None,
    "inverter": INVERTER,
    "storage": STORAGE,
    "energy": ENERGY,
    "checks": CHECKS,
    "economics": ECONOMICS,
    "assumptions": ["Losses of 14 %", "Shared."],
    "warnings": ["Watch the shade", "shared  warning"],
}
TRIAGE: dict[str, Any] = {
    "asset": "inverter",
    "component": None,
    "failure_mode": None,
    "cause": None,
    "diagnosis": "Insulation fault on the array.",
    "priority": "P1",
    "respond_within_hours": 4,
    "hazards": [{"kind": "ground_fault", "evidence": "0.2 MΩ", "rule": "IEC 62446-1"}],
    "stop_work": True,
    "truck_roll": True,
    "actions": ["Open the DC switch", "Measure each string."],
    "parts": ["MC4 connectors"],
    "skills": [],
    "estimated_duration_h": 2,
    "labour_cost": None,
    "transport_cost": None,
    "currency": "KES",
    "energy_loss": {"kwh_per_day": 12.34, "cost_per_day": 246.8, "basis": "measured"},
    "confidence": 0.9,
    "evidence": [],
    "assumptions": ["shared"],
    "warnings": ["Shared warning."],
}
DISPATCH: dict[str, Any] = {
    "technician": {"id": str(UUID(int=1)), "name": "Amina", "distance_km": 12.34, "skills": []},
    "visit": {"start": "2026-03-02T05:15:00Z", "end": "2026-03-02T07:15:00Z"},
    "verdict": "caution",
    "reasons": ["near"],
    "alternatives": [],
    "respond_by": "2026-03-02T03:15:00Z",
    "decision": "the site is made safe",
}
NOBODY: dict[str, Any] = {
    **DISPATCH,
    "technician": None,
    "visit": None,
    "verdict": None,
    "decision": None,
    "respond_by": None,
}
WEATHER: dict[str, Any] = {
    "resource": {
        "ref": "screening:-1.27,36.84,1650",
        "source": "clear sky × clearness of Nairobi",
        "quality": "screening",
        "annual_ghi_kwh_m2": 2010.4,
        "peak_sun_hours": {"annual_mean": 5.51, "worst_month": 4.6, "monthly": [5.5] * 12},
        "monthly_temp_air_c": [20.0] * 12,
        "uncertainty_percent": 10,
        "notes": ["Shared"],
        "design_temperatures": {"min_c": 8, "max_c": 33, "source": "x", "approximation": "From one year"},
    },
    "forecast": {
        "source": "Open-Meteo",
        "issued_at": "2026-03-02T03:00:00Z",
        "hourly": [],
        "attribution": "Weather data by Open-Meteo.com",
    },
    "windows": [],
    "alerts": [
        {
            "kind": "wind",
            "severity": severity,
            "start": "2026-03-02T09:00:00Z",
            "end": "2026-03-02T12:00:00Z",
            "detail": f"{severity} gusts",
            "rule": "OSHA",
        }
        for severity in ("caution", "stop")
    ],
}


def results(**parts: dict[str, Any] | None) -> Results:
    given: dict[str, Any] = {
        "weather": WEATHER,
        "sizing": SIZING,
        "triage": TRIAGE,
        "dispatch": DISPATCH,
        "answers": {"safety_release": "the site is made safe", "design_temp_min_c": 8},
        **parts,
    }
    kind = {(True, True): "full", (True, False): "sizing"}.get(
        (given["sizing"] is not None, given["triage"] is not None), "triage"
    )
    return Results(
        job=JobInput.model_validate(
            {
                "kind": kind,
                "system_type": "hybrid",
                "site": {"latitude": -1.27, "longitude": 36.84, "timezone": "Africa/Nairobi"},
            }
        ),
        weather=WeatherResult.model_validate(given["weather"]) if given["weather"] else None,
        sizing=SizingResult.model_validate(given["sizing"]) if given["sizing"] else None,
        triage=TriageResult.model_validate(given["triage"]) if given["triage"] else None,
        dispatch=DispatchResult.model_validate(given["dispatch"]) if given["dispatch"] else None,
        answers=given["answers"],
    )


def test_a_full_job_reads_as_a_technician_would_tell_it() -> None:
    assert summarise(results()).splitlines() == [
        "Hybrid system and fault at -1.270, 36.840.",
        "Fault: STOP WORK. P1, respond within 4 h. Insulation fault on the array.",
        "Hazards: ground fault (0.2 MΩ).",
        "To do: 1. Open the DC switch. 2. Measure each string.",
        "Bring: MC4 connectors.",
        "Lost meanwhile: 12.3 kWh, KES 247 a day (measured).",
        "Visit: Amina, 12.3 km away, Mon 2 Mar 2026 08:15 to 10:15 EAT, in a caution window.",
        "Respond by: Mon 2 Mar 2026 06:15 EAT.",
        "Decided by a person: the site is made safe.",
        "Design: screening. 12 × Made up M550, 6.60 kWp, strings 2 × 6; 1 × Made up I5, 5.0 kW, DC/AC 1.32.",
        (
            "Storage: 2 × Made up B100, 1 in series × 2 in parallel, 10.2 kWh (8.2 kWh usable),"
            " 1.0 days of autonomy."
        ),
        (
            "Energy: 10,234 kWh a year, 1,550 kWh/kWp, performance ratio 0.77, 83 % of the demand,"
            " 2,100 kWh exported."
        ),
        (
            "Cost: KES 612,345, saves KES 98,000 a year, pays back in 6.2 years,"
            " KES 9.88 per kWh over its life."
        ),
        "Checks: 1 passed, 1 passed with a warning, 1 failed, 1 open.",
        (
            "Sun: 2,010 kWh/m² a year on the level, 5.5 peak sun hours a day (4.6 in the worst month), ±10 %;"
            " screening, clear sky × clearness of Nairobi."
        ),
        "Forecast: Open-Meteo, issued Mon 2 Mar 2026 06:00 EAT. Weather data by Open-Meteo.com.",
    ]


def test_warnings_come_once_and_the_gravest_first() -> None:
    assert warnings_of(results()) == [
        "Work is stopped until a person has made sure that it is safe.",
        "Ground fault: 0.2 MΩ [IEC 62446-1].",
        "The visit starts 2.0 h after the deadline.",
        "Wind, from Mon 2 Mar 2026 12:00 EAT: stop gusts [OSHA].",
        "Shared warning.",
        "Watch the shade.",
        "The visit lies in hours that ask for caution.",
        "Wind, from Mon 2 Mar 2026 12:00 EAT: caution gusts [OSHA].",
    ]


def test_assumptions_come_once_and_name_what_people_answered() -> None:
    assert assumptions_of(results()) == [
        "Shared.",
        "Design temperatures: From one year.",
        "Losses of 14 %.",
        "Answered by a person: design_temp_min_c = 8.",
        "Answered by a person: safety_release = the site is made safe.",
    ]


def test_a_missing_visit_is_a_warning_only_where_a_fault_needs_one() -> None:
    missing = "The fault needs a visit, and none is planned."
    assert missing in warnings_of(results(dispatch=NOBODY))
    assert missing not in warnings_of(results(dispatch=NOBODY, triage=None))
    assert missing not in warnings_of(
        results(dispatch={**NOBODY, "visit_needed": False}, triage={**TRIAGE, "truck_roll": False})
    )


def test_why_nobody_comes_is_said() -> None:
    nobody = {**NOBODY, "reasons": ["no technician is registered", "closest: nobody"]}
    assert (
        "Visit: none is planned; no technician is registered; closest: nobody."
        in summarise(results(dispatch=nobody)).splitlines()
    )


def test_what_does_not_pay_back_is_not_given_a_year() -> None:
    economics = {**ECONOMICS, "simple_payback_years": None, "lcoe": None}
    summary = summarise(results(sizing={**SIZING, "economics": economics}))
    assert "Cost: KES 612,345, saves KES 98,000 a year, does not pay back." in summary.splitlines()


def test_an_infeasible_design_without_equipment_is_still_reported() -> None:
    bare = {**SIZING, "status": "infeasible"} | dict.fromkeys(
        ("array", "inverter", "storage", "energy", "economics")
    )
    found = results(sizing=bare)
    assert "Design: infeasible." in summarise(found).splitlines()
    told = warnings_of(found)
    assert told[2:5] == ["The design is infeasible as asked for.", "Watch the shade.", "shared  warning."]
    assert told.count("Watch the shade.") == 1
    assert "Shared warning." not in told, "once is enough, whichever branch says it"


def test_a_long_list_of_steps_is_cut_after_the_urgent_ones() -> None:
    steps = [f"Do {number}" for number in range(1, 10)]
    summary = summarise(results(triage={**TRIAGE, "actions": steps}))
    assert "To do: 1. Do 1. 2. Do 2. 3. Do 3. 4. Do 4. 5. Do 5. 6. Do 6. (3 more.)" in summary.splitlines()


def test_the_kind_of_system_is_written_as_people_write_it() -> None:
    job = JobInput.model_validate(
        {"kind": "sizing", "site": {"latitude": 1, "longitude": 2, "address": "Here"}}
    )
    assert summarise(Results(job=job)) == "Grid-tied system at Here."


def test_the_next_visit_will_do_for_the_lowest_priority() -> None:
    patient = {**TRIAGE, "priority": "P4", "respond_within_hours": None, "stop_work": False}
    assert "Fault: P4, at the next visit." in summarise(results(triage=patient))


def test_no_forecast_is_named_with_its_reason() -> None:
    weather = {**WEATHER, "forecast": None, "forecast_problem": "Open-Meteo: connection refused"}
    assert "No forecast: Open-Meteo: connection refused." in warnings_of(results(weather=weather))


@pytest.mark.parametrize("absent", ["weather", "sizing", "triage", "dispatch"])
def test_every_part_may_be_absent(absent: str) -> None:
    made = compose(results(**{absent: None}))
    assert made.summary
    assert made == compose(results(**{absent: None})), "the same results, the same words"


@pytest.mark.parametrize(
    ("value", "unit", "digits", "shown"),
    [
        (1234.5, "kWh", 0, "1,234 kWh"),
        (-0.001, "", 1, "0.0"),
        (-1234.56, "KES", 1, "−1,234.6 KES"),
        (0, "V", 2, "0.00 V"),
    ],
)
def test_figures_are_grouped_and_carry_their_unit(value: float, unit: str, digits: int, shown: str) -> None:
    assert figure(value, unit, digits) == shown


@pytest.mark.parametrize("text", ["A.", "A", "A. ", "A.."])
def test_a_sentence_ends_once(text: str) -> None:
    assert ended(text) == "A."
