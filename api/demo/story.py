"""What `solarsync demo` does: two jobs through the real API, from request to stored result."""

import asyncio
import contextlib
import secrets
from collections.abc import Generator, Mapping
from typing import Any

import httpx
from rich.console import Console

from api.demo import greensboro_year, load
from api.demo.service import running_service
from api.demo.weather import forecast_url
from api.pages import print_result, questions_page
from api.servers import with_servers
from core.config import Settings
from core.database import AsyncSessionLocal, opened_engine, schema
from core.database.models import Role
from core.database.users import Users
from core.errors import SolarSyncError
from core.security import get_password_hash
from state.job import JobResult
from state.questions import Question

JOB_SECONDS = 120
STOP_SECONDS = 3.0
TECHNICIANS = (
    {
        "name": "Grace Otieno",
        "skills": ["pv_electrician", "battery", "roof_work", "installation"],
        "base_latitude": -1.2864,
        "base_longitude": 36.8172,
        "timezone": "Africa/Nairobi",
        "working_hours": {"weekdays": [0, 1, 2, 3, 4, 5, 6], "start": "06:00", "end": "19:00"},
    },
    {
        "name": "Daniel Reeves",
        "skills": ["pv_electrician", "roof_work", "installation"],
        "base_latitude": 36.0726,
        "base_longitude": -79.7920,
        "timezone": "America/New_York",
    },
)


ONLY_THE_FORECAST = {
    "WEATHER_PROVIDERS": "open_meteo",
    "RESOURCE_PROVIDERS": "none",
    "DESIGN_TEMPERATURE_PROVIDERS": "none",
    "ALERT_PROVIDERS": "none",
}
"""So that the demo tells the same story, its questions too, with a network and without."""


ANSWERS: dict[str, Mapping[str, Any]] = {
    "nairobi_home": {"design_temp_min_c": 8, "safety_release": "the crew is briefed on the hazards"},
    "greensboro_home": {"design_temp_min_c": -18},
}
"""What the technician of the demo says, by question; anything else is answered with the form's suggestion."""


def tell(settings: Settings) -> None:
    """Start the service, carry both jobs through it, show what came of them."""
    console = Console()
    with with_servers(settings, await_stop=STOP_SECONDS) as complete, forecast_url(complete, console) as url:
        username, password = "demo", secrets.token_urlsafe(18)
        asyncio.run(_dispatcher(complete, username, password))
        log_file = complete.data_dir.absolute() / "demo.log"
        with running_service(complete, {"OPEN_METEO_URL": url, **ONLY_THE_FORECAST}, log_file) as client:
            console.print(f"The service answers at {client.base_url}; its log is {log_file}")
            _log_in(client, username, password)
            _add_technicians(client)
            console.rule("[bold]A home in Nairobi: hybrid system, and a fault on the roof")
            _carry_out(client, console, "nairobi_home", {})
            console.rule("[bold]A home in Greensboro: grid-tied, on its typical year")
            weather_file_id = _upload(client, console)
            _carry_out(client, console, "greensboro_home", {"weather_file_id": weather_file_id})
    console.print("[green]Done.[/] Both results are stored; a second run works on the same data.")


async def _dispatcher(settings: Settings, username: str, password: str) -> None:
    """Migrate, and make the demo's user, or give it a new password where an earlier run made it."""
    async with opened_engine(settings.database_url) as engine:
        await schema.upgrade(engine)
        async with AsyncSessionLocal(bind=engine) as session, session.begin():
            users = Users(session)
            user = await users.named(username)
            if user is None:
                await users.add(username, get_password_hash(password), Role.DISPATCHER)
            else:
                user.password_hash = get_password_hash(password)


def _log_in(client: httpx.Client, username: str, password: str) -> None:
    token = _json(client.post("/auth/token", data={"username": username, "password": password}))
    client.headers["Authorization"] = f"Bearer {token['access_token']}"


def _add_technicians(client: httpx.Client) -> None:
    known = {technician["name"] for technician in _json(client.get("/technicians"))}
    for technician in TECHNICIANS:
        if technician["name"] not in known:
            _json(client.post("/technicians", json=technician))


def _upload(client: httpx.Client, console: Console) -> str:
    """Give the service the typical year that pvlib's own tests use."""
    year = greensboro_year()
    kept = _json(client.post("/weather-files", files={"file": (year.name, year.read_bytes())}))
    console.print(f"Uploaded {kept['name']}: {kept['annual_ghi_kwh_m2']:.0f} kWh/m² a year on the level.")
    return str(kept["id"])


def _carry_out(client: httpx.Client, console: Console, name: str, resource: Mapping[str, str]) -> None:
    """One job: started, answered as often as it asks, shown."""
    job = _json(client.post("/jobs", json={**load(name), "resource": resource}))
    console.print(f"Job {job['id']} accepted.")
    while (job := _settled(client, console, job["id"]))["status"] == "waiting":
        console.print(questions_page([Question.model_validate(question) for question in job["questions"]]))
        answers = {question["id"]: _answer(name, question) for question in job["questions"]}
        console.print(f"The technician answers: [bold]{answers}")
        _json(client.post(f"/jobs/{job['id']}/resume", json={"answers": answers}))
    if job["status"] != "succeeded":
        raise SolarSyncError(f"The job {job['status']}: {job['problem']}")
    console.print()
    print_result(JobResult.model_validate(_json(client.get(f"/jobs/{job['id']}/result"))), console)
    for event in _json(client.get(f"/jobs/{job['id']}/timeline")):
        console.print(f"[dim]{event['at'][11:23]}  {event['type']:<20} {event['data'] or ''}")


def _settled(client: httpx.Client, console: Console, job_id: str) -> dict[str, Any]:
    """The job when it waits for somebody or has ended; its progress is shown meanwhile."""
    with console.status("queued") as line, contextlib.closing(_looks(client, job_id)) as looks:
        for job in looks:
            progress = job["progress"]
            line.update(f"{job['status']}: {progress['node'] or ''} {progress['done']} of {progress['of']}")
    return job


def _looks(client: httpx.Client, job_id: str) -> Generator[dict[str, Any]]:
    for _ in range(JOB_SECONDS):
        job: dict[str, Any] = _json(client.get(f"/jobs/{job_id}", params={"wait": 1}))
        yield job
        if job["status"] not in {"queued", "running"}:
            return
    raise SolarSyncError(f"The job did not end within {JOB_SECONDS} s.")


def _answer(name: str, question: Mapping[str, Any]) -> Any:  # noqa: ANN401  an answer is any JSON
    if question["id"] in ANSWERS[name]:
        return ANSWERS[name][question["id"]]
    if question["default"] is None:
        raise SolarSyncError(f"The demo has no answer to {question['id']!r}.")
    return question["default"]


def _json(response: httpx.Response) -> Any:  # noqa: ANN401  a JSON document
    if response.is_error:
        raise SolarSyncError(f"{response.request.method} {response.request.url.path}: {response.text}")
    return response.json()
