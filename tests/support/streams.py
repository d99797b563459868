"""A job followed by two clients: one that stays, and one that loses its connection after every event."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from api.demo import load
from tests.support.cluster import Api, Cluster

PATIENCE = 120
ANSWERS = {"design_temp_min_c": 8}


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a client sees it; the terminal one has no id."""

    id: str | None
    type: str
    data: Any


@dataclass(slots=True)
class Cuts:
    jobs: int
    events: int = 0
    """Of the clients that stayed."""
    cuts: int = 0
    same: int = 0
    """Jobs whose two clients saw the same sequence."""
    ended: int = 0


@asynccontextmanager
async def _following(api: Api, job: str, after: str | None) -> AsyncIterator[httpx.Response]:
    headers = {} if after is None else {"Last-Event-ID": after}
    async with api.client.stream("GET", f"/jobs/{job}/events", headers=headers) as response:
        response.raise_for_status()
        yield response


async def _events(response: httpx.Response) -> AsyncIterator[Told]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and "event" in fields:
            yield Told(fields.get("id"), fields["event"], json.loads(fields["data"]))
            fields = {}


async def _uncut(api: Api, job: str) -> list[Told]:
    async with _following(api, job, None) as response:
        return [told async for told in _events(response)]


async def _cut(apis: list[Api], job: str) -> list[Told]:
    """One event for each connection, each at the other process."""
    seen: list[Told] = []
    while not seen or seen[-1].type != "job.ended":
        after = seen[-1].id if seen else None
        async with (
            _following(apis[len(seen) % len(apis)], job, after) as response,
            aclosing(_events(response)) as events,  # type: ignore[type-var]  # it is a generator
        ):
            seen.append(await anext(events))
    return seen


def _answer(question: dict[str, Any]) -> Any:
    """What the form suggests, or something it allows."""
    if question["id"] in ANSWERS:
        return ANSWERS[question["id"]]
    if question["default"] is not None:
        return question["default"]
    return question["choices"][0] if question["choices"] else question["minimum"]


async def cut_streams(cluster: Cluster, jobs: int) -> Cuts:
    """Full jobs, each asked about and answered while both clients follow it."""
    found = Cuts(jobs)
    for _ in range(jobs):
        job = str(
            (await cluster.client.post("/jobs", json=load("nairobi_home"))).raise_for_status().json()["id"]
        )
        async with asyncio.timeout(PATIENCE):
            following = asyncio.gather(_uncut(cluster.apis[0], job), _cut(cluster.apis, job))
            while (state := await cluster.settled(job))["status"] == "waiting":
                form = {question["id"]: _answer(question) for question in state["questions"]}
                await cluster.client.post(f"/jobs/{job}/resume", json={"answers": form})
            whole, pieces = await following
        found.events += len(whole)
        found.cuts += len(pieces) - 1
        found.same += whole == pieces
        found.ended += whole[-1].type == "job.ended" and whole[-1].data["status"] == "succeeded"
    return found
