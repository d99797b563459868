"""The weather over HTTP: of one job, of all of them, and of the visits that are planned."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from api.app import create_app
from core.climate.cells import weather_cell
from core.clock import SystemClock
from core.config import Settings
from core.database import AsyncSessionLocal
from core.database.alerts import AlertNews, Alerts
from core.database.cells import packed
from core.database.models import JobRow
from core.database.weather_tables import WeatherCellRow
from core.ids import new_id
from state.weather import Alert
from tests.api.conftest import settled
from tests.support.fakes import FineWeather
from tests.support.inputs import sizing_input
from tests.support.working import working


def _alert(now: datetime) -> Alert:
    return Alert(
        kind="wind",
        severity="stop",
        start=now,
        end=now + timedelta(hours=5),
        detail="gusts 80 km/h",
        rule="a rule",
    )


async def _warned(app: FastAPI, job_id: str) -> None:
    now = SystemClock().now()
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await Alerts(session).tell({UUID(job_id): AlertNews(opened=[_alert(now)])}, now)


async def _fetched(app: FastAPI, at: datetime) -> None:
    """A fine week in the cell of the jobs here, fetched then."""
    place = sizing_input()["site"]["latitude"], sizing_input()["site"]["longitude"]
    fine = packed(await FineWeather(SystemClock()).forecast(*place))
    known = {"due_at": at + timedelta(hours=1), "fetched_at": at, "content": fine}
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        cell = await session.get(WeatherCellRow, weather_cell(*place))
        if cell is None:
            cell = WeatherCellRow(cell=weather_cell(*place), latitude=place[0], longitude=place[1])
            session.add(cell)
        for name, value in known.items():
            setattr(cell, name, value)
        cell.problem = "open_meteo: cannot be reached"


async def _refreshed(client: httpx.AsyncClient) -> Any:
    """What the service says of itself once a look at all weather is done."""
    async with asyncio.timeout(30):
        while True:
            state = (await client.get("/system/state")).json()
            if state["last_refresh"] and state["last_refresh"]["finished_at"]:
                return state
            await asyncio.sleep(0.1)


@pytest.mark.usefixtures("worker")
async def test_a_job_shows_its_weather_as_it_is_now_and_what_its_array_is_to_deliver(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    job = (await client.post("/jobs", json=sizing_input())).json()
    assert (await settled(client, job["id"]))["status"] == "succeeded"
    weather = (await client.get(f"/jobs/{job['id']}/weather")).json()
    assert weather["forecast"]["source"] == "open_meteo"
    assert weather["windows"]
    production = (await client.get(f"/jobs/{job['id']}/forecast")).json()
    assert (len(production["hourly"]), production["hours_unknown"], production["warnings"]) == (168, 0, [])
    assert production["energy_kwh"] > 0
    assert all(hour["low_w"] <= hour["p_ac_w"] <= hour["high_w"] for hour in production["hourly"])
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await session.execute(update(WeatherCellRow).values(official_problem="nws: HTTP 503"))
    weather = (await client.get(f"/jobs/{job['id']}/weather")).json()
    assert "Official warnings are those heard last: nws: HTTP 503" in weather["warnings"]
    accepted = await client.post(f"/jobs/{job['id']}/refresh")
    assert (accepted.status_code, accepted.json()["status"]) == (202, "succeeded")


async def test_a_job_that_has_not_run_has_no_weather_yet_and_is_not_looked_at_again(
    client: httpx.AsyncClient,
) -> None:
    job = (await client.post("/jobs", json=sizing_input())).json()
    assert (await client.get(f"/jobs/{job['id']}/weather")).status_code == 404
    assert (await client.get(f"/jobs/{job['id']}/forecast")).status_code == 404
    refused = await client.post(f"/jobs/{job['id']}/refresh")
    assert (refused.status_code, "queued" in refused.json()["detail"]) == (409, True)


async def test_where_nobody_is_asked_for_forecasts_there_is_none_and_nothing_has_failed(
    settings: Settings, client: httpx.AsyncClient
) -> None:
    alone = settings.model_copy(update={"weather_providers": []})
    app = create_app(alone)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=client.base_url, headers=client.headers, timeout=60
        ) as asking,
        working(alone),
    ):
        job = (await asking.post("/jobs", json=sizing_input())).json()
        assert (await settled(asking, job["id"]))["status"] == "succeeded"
        refused = await asking.get(f"/jobs/{job['id']}/forecast")
    assert (refused.status_code, refused.json()["detail"]) == (
        404, "There is no forecast: no provider is configured.",
    )  # fmt: skip


@pytest.mark.usefixtures("worker")
async def test_a_dispatcher_has_all_weather_looked_at_and_sees_when_it_was(
    client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    assert (await client.post("/weather/refresh")).status_code == 403
    accepted = await dispatcher.post("/weather/refresh")
    assert (accepted.status_code, accepted.json()) == (202, {"queued": True})
    state = await _refreshed(dispatcher)
    assert state["providers"]["open_meteo"]["windows"]["day"]["limit"] == 10_000
    assert state["scheduler_leader"] is None
    assert (await client.get("/system/state")).status_code == 403


async def test_two_requests_to_look_at_all_weather_are_one(dispatcher: httpx.AsyncClient) -> None:
    assert (await dispatcher.post("/weather/refresh")).json() == {"queued": True}
    assert (await dispatcher.post("/weather/refresh")).json() == {"queued": False}
    assert (await dispatcher.get("/system/state")).json()["queue"]["waiting"] == 1


async def test_open_alerts_are_listed_to_those_who_may_see_the_job(
    app: FastAPI, client: httpx.AsyncClient, dispatcher: httpx.AsyncClient
) -> None:
    own = (await client.post("/jobs", json=sizing_input())).json()["id"]
    other = (await dispatcher.post("/jobs", json=sizing_input())).json()["id"]
    for job_id in (own, other):
        await _warned(app, job_id)
    assert [each["job_id"] for each in (await client.get("/alerts")).json()["items"]] == [own]
    first = (await dispatcher.get("/alerts", params={"limit": 1})).json()
    second = (await dispatcher.get("/alerts", params={"cursor": first["next_cursor"]})).json()
    assert [page["items"][0]["job_id"] for page in (first, second)] == [other, own]
    assert second["next_cursor"] is None
    assert first["items"][0]["alert"]["detail"] == "gusts 80 km/h"
    events = (await client.get(f"/jobs/{own}/timeline")).json()
    assert any(event["type"] == "alert.opened" for event in events)


async def test_the_schedule_lists_visits_with_the_windows_they_lie_in(
    app: FastAPI, dispatcher: httpx.AsyncClient
) -> None:
    technician = (
        await dispatcher.post(
            "/technicians",
            json={
                "name": "Grace",
                "skills": [],
                "base_latitude": -1.3,
                "base_longitude": 36.8,
                "timezone": "UTC",
            },
        )
    ).json()
    job_id = (await dispatcher.post("/jobs", json=sizing_input())).json()["id"]
    start = (SystemClock().now() + timedelta(days=2)).replace(hour=9, minute=0, second=0, microsecond=0)
    visit = {
        "technician_id": UUID(technician["id"]),
        "visit_start": start,
        "visit_end": start + timedelta(hours=3),
    }
    async with AsyncSessionLocal(bind=app.state.services.engine) as session, session.begin():
        await session.execute(update(JobRow).where(JobRow.id == UUID(job_id)).values(**visit))
    [planned] = (await dispatcher.get("/schedule")).json()
    assert (planned["job_id"], planned["technician"]["name"]) == (job_id, "Grace")
    assert {window["verdict"] for window in planned["windows"]} == {"unknown"}  # nobody has asked for it yet
    now = SystemClock().now()
    await _fetched(app, at=now)
    [planned] = (await dispatcher.get("/schedule")).json()
    assert {window["verdict"] for window in planned["windows"]} == {"go"}
    await _fetched(app, at=now - timedelta(days=3))  # and since then nobody could
    [planned] = (await dispatcher.get("/schedule")).json()
    assert {window["verdict"] for window in planned["windows"]} == {"unknown"}
    assert "cannot be reached" in planned["windows"][0]["reasons"][0]
    later = {"from": (start + timedelta(days=1)).isoformat()}
    assert (await dispatcher.get("/schedule", params=later)).json() == []
    assert (await dispatcher.get("/schedule", params={"technician_id": str(new_id())})).json() == []
    backwards = {"from": start.isoformat(), "to": (start - timedelta(days=1)).isoformat()}
    assert (await dispatcher.get("/schedule", params=backwards)).status_code == 422
