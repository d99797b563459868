from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from core.clock import FixedClock
from nodes.dispatch.node import DispatchReads, dispatch
from state.dispatch import DispatchResult, Technician
from tests.support import tickets

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
JOB = "00000000-0000-7000-8000-000000000001"
SITE = {"latitude": -1.27, "longitude": 36.84, "timezone": "Africa/Nairobi"}
WINDOW = {
    "start": "2026-03-02T08:00:00+03:00",
    "end": "2026-03-02T17:00:00+03:00",
    "verdict": "go",
    "reasons": [],
}
WEATHER = {
    "resource": {
        "ref": "screening:-1.27,36.84,1650",
        "source": "a test",
        "quality": "screening",
        "annual_ghi_kwh_m2": 2000,
        "peak_sun_hours": {"annual_mean": 5.5, "worst_month": 5, "monthly": [5.5] * 12},
        "monthly_temp_air_c": [20] * 12,
        "uncertainty_percent": 10,
    },
    "forecast": None,
    "windows": [WINDOW],
    "alerts": [],
}
FAULT = tickets.FAULT | {"priority": "P2", "respond_within_hours": 24}


class Directory:
    def __init__(self, **changes: Any) -> None:
        self._amina = Technician.model_validate(
            {
                "id": UUID(int=1),
                "name": "Amina",
                "skills": ["inverter", "installation"],
                "base_latitude": -1.27,
                "base_longitude": 36.84,
                "timezone": "Africa/Nairobi",
                **changes,
            }
        )

    async def technicians(self) -> list[Technician]:
        return [self._amina]


def state(**changes: Any) -> DispatchReads:
    given: dict[str, Any] = {
        "job_id": JOB,
        "input": {"kind": "triage", "site": SITE, "ticket": {"text": "dead"}},
        "weather": WEATHER,
        "triage": FAULT,
        **changes,
    }
    return cast("DispatchReads", {key: value for key, value in given.items() if value is not None})


async def test_a_fault_gets_a_technician_a_visit_and_a_deadline() -> None:
    written = await dispatch(state(), directory=Directory(), clock=FixedClock(NOW))
    result = DispatchResult.model_validate(written["dispatch"])
    assert result.technician is not None
    assert result.visit is not None
    assert result.visit.to_json() == {
        "start": "2026-03-02T08:00:00+03:00",
        "end": "2026-03-02T10:00:00+03:00",
    }
    assert result.respond_by == datetime(2026, 3, 3, 4, tzinfo=UTC)
    assert result.priority == "P2"
    [message] = written["messages"]
    assert message.content == "Amina (0 km), 2026-03-02 08:00–10:00 EAT."
    assert message.id == f"{JOB}:dispatch"


async def test_a_job_planned_again_may_take_its_own_place_but_nobody_elses() -> None:
    visit = {"start": "2026-03-02T08:00:00+03:00", "end": "2026-03-02T10:00:00+03:00"}
    own = Directory(planned_visits=[{**visit, "job_id": JOB}])
    written = await dispatch(state(), directory=own, clock=FixedClock(NOW))
    assert written["dispatch"]["visit"] == visit

    anothers = Directory(planned_visits=[{**visit, "job_id": str(UUID(int=9))}])
    written = await dispatch(state(), directory=anothers, clock=FixedClock(NOW))
    assert written["dispatch"]["visit"]["start"] == "2026-03-02T10:00:00+03:00"


async def test_without_weather_no_hour_is_called_safe() -> None:
    written = await dispatch(state(weather=None), directory=Directory(), clock=FixedClock(NOW))
    assert written["dispatch"]["visit"] is None
    assert written["dispatch"]["reasons"][0] == (
        "there is no forecast for the site, so no hour can be called safe"
    )


async def test_a_fault_that_is_dealt_with_from_afar_sends_nobody() -> None:
    written = await dispatch(
        state(triage={**FAULT, "truck_roll": False}), directory=Directory(), clock=FixedClock(NOW)
    )
    assert written["dispatch"]["visit_needed"] is False
    assert written["messages"][0].content == "No visit: the fault can be dealt with from afar."


async def test_a_sized_system_gets_a_survey() -> None:
    sizing: dict[str, Any] = {
        "status": "feasible",
        "demand": None,
        "array": None,
        "string_limits": None,
        "inverter": None,
        "energy": None,
        "checks": [],
    }
    written = await dispatch(state(triage=None, sizing=sizing), directory=Directory(), clock=FixedClock(NOW))
    assert written["dispatch"]["visit"]["end"] == "2026-03-02T10:00:00+03:00"
    assert written["dispatch"]["respond_by"] is None


async def test_a_refresh_keeps_a_visit_that_still_stands_and_moves_one_that_does_not() -> None:
    first = await dispatch(state(), directory=Directory(), clock=FixedClock(NOW))
    later = {**WINDOW, "start": "2026-03-03T08:00:00+03:00", "end": "2026-03-03T17:00:00+03:00"}
    again = {"trigger": "refresh", "dispatch": first["dispatch"]}

    storm = {**WEATHER, "windows": [{**WINDOW, "verdict": "stop"}, later]}
    moved = await dispatch(state(**again, weather=storm), directory=Directory(), clock=FixedClock(NOW))
    assert moved["dispatch"]["visit"]["start"] == "2026-03-03T08:00:00+03:00"

    unknown = {**WEATHER, "windows": []}
    kept = await dispatch(state(**again, weather=unknown), directory=Directory(), clock=FixedClock(NOW))
    assert kept["dispatch"] == first["dispatch"]
