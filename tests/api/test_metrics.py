"""`GET /metrics`: what an operator sees of jobs that really ran."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from api.demo import load
from core.clients.budget import Budget
from core.clock import SystemClock
from core.fleet import Fleet, Scrape, process_name
from core.redis import create_redis
from tests.api.conftest import settled

GUIDE = Path(__file__).parents[2] / "deploy" / "README.md"


async def scraped(client: httpx.AsyncClient) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
    """By sample name, then by labels."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def total(samples: dict[frozenset[tuple[str, str]], float], **labels: str) -> float:
    return sum(value for found, value in samples.items() if labels.items() <= dict(found).items())


@pytest.mark.usefixtures("worker")
async def test_a_job_shows_in_every_metric_of_the_way_it_took(client: httpx.AsyncClient) -> None:
    before = await scraped(client)
    job = (await client.post("/jobs", json=load("nairobi_home"))).json()
    waiting = await settled(client, job["id"])
    assert waiting["status"] == "waiting"
    await client.post(f"/jobs/{job['id']}/resume", json={"answers": {"design_temp_min_c": 8}})
    await settled(client, job["id"])
    after = await scraped(client)

    def grown(name: str, **labels: str) -> float:
        return total(after[name], **labels) - total(before.get(name, {}), **labels)

    assert grown("solarsync_runs_total", kind="start", outcome="waiting") == 1
    assert grown("solarsync_run_seconds_count", kind="start") == 1
    for node in ("intake", "weather", "sizing", "triage", "clarify"):
        assert grown("solarsync_node_seconds_count", node=node) >= 1, node
    for operation in ("put", "put_writes", "get"):
        assert grown("solarsync_checkpoint_seconds_count", operation=operation) >= 1, operation
    assert grown("solarsync_checkpoint_bytes_sum") > 1000
    assert grown("solarsync_provider_calls_total", provider="open_meteo", outcome="answered") >= 1
    assert grown("solarsync_request_seconds_count", method="POST", route="/jobs", status="202") == 1
    assert grown("solarsync_request_seconds_count", route="/jobs/{job_id}?wait") >= 1
    assert total(after["solarsync_queue_depth"], state="waiting") == 0
    assert total(after["solarsync_store_up"]) == 2


async def test_an_answer_that_came_too_late_is_counted(client: httpx.AsyncClient) -> None:
    before = await scraped(client)
    job = (await client.post("/jobs", json=load("nairobi_home"))).json()
    refused = await client.post(f"/jobs/{job['id']}/resume", json={"answers": {"design_temp_min_c": 8}})
    assert refused.status_code == 409
    after = await scraped(client)
    name = "solarsync_resume_conflicts_total"
    assert total(after[name]) - total(before.get(name, {})) == 1
    assert total(after["solarsync_queue_depth"], state="waiting") == 1
    await asyncio.sleep(0.05)
    assert total((await scraped(client))["solarsync_queue_oldest_seconds"]) > 0.04


async def test_another_process_is_seen_until_its_snapshot_expires(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    redis = app.state.services.scrape._fleet._redis
    async with Fleet(redis, "worker-elsewhere-7").published():
        await asyncio.sleep(0.1)
        assert (
            total((await scraped(client))["process_resident_memory_bytes"], process="worker-elsewhere-7") > 0
        )
    await redis.delete("solarsync:metrics:worker-elsewhere-7")
    assert not total((await scraped(client))["process_resident_memory_bytes"], process="worker-elsewhere-7")
    own = (await scraped(client))["process_resident_memory_bytes"]
    assert total(own, process=process_name("api")) > 0


async def test_paths_and_methods_of_strangers_make_no_series(client: httpx.AsyncClient) -> None:
    await client.request("BREW", "/coffee-4711")
    await client.get("/jobs/0190-not-a-job")
    text = (await client.get("/metrics")).text
    assert "coffee" not in text
    assert "BREW" not in text
    assert "0190-not-a-job" not in text


async def test_the_guide_describes_every_metric_and_no_other(client: httpx.AsyncClient) -> None:
    described = set(re.findall(r"^\| `(solarsync_[a-z_]+)` \|", GUIDE.read_text(), re.MULTILINE))
    shown = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families((await client.get("/metrics")).text)
        if family.name.startswith("solarsync_")
    }
    assert described == shown


async def test_metrics_are_told_while_redis_is_away(client: httpx.AsyncClient, app: FastAPI) -> None:
    scrape = app.state.services.scrape
    away = create_redis("redis://127.0.0.1:1/0")
    lonely = Scrape(Fleet(away, "api-lonely"), scrape._engine, Budget(away), SystemClock())
    text = (await lonely.exposition()).decode()
    await away.aclose()
    assert 'solarsync_store_up{store="redis"} 0.0' in text
    assert 'solarsync_store_up{store="postgres"} 1.0' in text
    assert 'solarsync_queue_depth{state="waiting"} 0.0' in text
    assert "solarsync_provider_budget_used{" not in text


@pytest.mark.usefixtures("worker")
async def test_the_request_that_started_a_run_is_in_the_log_lines_of_its_worker(
    client: httpx.AsyncClient,
) -> None:
    with capture_logs([merge_contextvars]) as lines:
        job = await client.post("/jobs", json=load("nairobi_home"), headers={"X-Request-ID": "from-a-van"})
        await settled(client, job.json()["id"])
    started = [line for line in lines if line["event"] == "graph.run.started"]
    assert [line["request_id"] for line in started] == ["from-a-van"]
    assert {"job_id", "run_id"} <= started[0].keys()
    assert started[0]["job_id"] == job.json()["id"]
