"""The saver beside LangGraph's own: runs of a six-node graph over an 8 KB state, and what a run leaves behind.

Every saver is the quickest form of itself: SQLite in WAL mode, Postgres over a pool of connections, ours fenced as
a worker uses it, the claim included. Ours does not wait for the disk, since Valkey writes its file every second;
so Postgres stands here twice, as it is and without waiting either, and only the latter is a fair rival. Rounds
alternate, so that a busy machine slows all of them alike.
"""

import asyncio
import json
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import uvloop
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Durability
from typing_extensions import TypedDict

from core.checkpoint import RedisSaver
from core.checkpoint.keys import EVERY_THREAD
from core.embedded import EmbeddedServers, start_embedded_servers, wait_until_stopped
from core.redis import create_redis
from tests.bench.support.load import load
from tests.bench.support.postgres import own_database

NODES = 6
RECORDS = 92
"""About 8 KB of JSON."""
WAYS = (1, 16)
ROUNDS = 5
ROUND_SECONDS = 1.0
TTL_SECONDS = 3600
BARS = "bars at 16: 2.2 × Postgres, 0.5 × memory, 35 KB a run"

Graph = CompiledStateGraph[Any, Any, Any, Any]


class State(TypedDict):
    document: list[dict[str, Any]]
    """Rewritten by every node: what a run of ours grows to, in one piece."""
    step: int


@dataclass(frozen=True, slots=True)
class Rival:
    name: str
    saver: BaseCheckpointSaver[Any] | None
    prepare: Callable[[str], Awaitable[None]] | None = None
    """What has to be done for a thread before its run."""
    stored: Callable[[], Awaitable[int]] | None = None
    """Bytes of all runs so far."""
    rates: dict[int, list[float]] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)


def main() -> None:
    """Print the table and the ratios."""
    folder = Path(tempfile.mkdtemp(prefix="ss-"))
    try:
        with start_embedded_servers(folder) as servers:
            uvloop.run(_compare(folder, servers))
    finally:
        wait_until_stopped(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _compare(folder: Path, servers: EmbeddedServers) -> None:
    document = _document(Random(0))
    print(f"{NODES} nodes, {len(json.dumps(document)) / 1000:.1f} KB of state, durability async")
    async with AsyncExitStack() as stack:
        rivals = [Rival("none", None), Rival("memory", InMemorySaver())]
        for opened in _opened(folder, servers):
            try:
                rivals.append(await stack.enter_async_context(opened))
            except ModuleNotFoundError as missing:
                print(f"skip: {missing.name} is not installed")
        for _ in range(ROUNDS):
            for ways in WAYS:
                for rival in rivals:
                    await _round(rival, ways, document)
        print(
            f"{'':<18}" + "".join(f"{f'runs/s, {ways} at a time':>22}" for ways in WAYS) + f"{'KB a run':>12}"
        )
        for rival in rivals:
            rates = "".join(f"{statistics.median(rival.rates[ways]):>22.0f}" for ways in WAYS)
            stored = await rival.stored() / len(rival.runs) / 1000 if rival.stored else None
            print(f"{rival.name:<18}{rates}" + (f"{stored:>12.1f}" if stored else ""))
    _print_ratios({rival.name: rival.rates[WAYS[-1]] for rival in rivals})


def _opened(folder: Path, servers: EmbeddedServers) -> list[AbstractAsyncContextManager[Rival]]:
    return [
        _sqlite(folder),
        _postgres(servers.database_url, "Postgres", "on"),
        _postgres(servers.database_url, "Postgres, no wait", "off"),
        _ours(servers.redis_url),
    ]


def _print_ratios(rates: dict[str, list[float]]) -> None:
    """Of each round, since what slows the machine lasts longer than one: their median, least and most."""
    ours = rates.pop("solarsync")
    print(f"at {WAYS[-1]}, ours beside each, median of {len(ours)} rounds (least to most)")
    for name, theirs in rates.items():
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        print(f"    {statistics.median(ratios):5.2f} × {name:<18} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(BARS)


async def _round(rival: Rival, ways: int, document: list[dict[str, Any]]) -> None:
    graph = _graph(rival.saver)
    durability: Durability | None = "async" if rival.saver else None

    async def run() -> None:
        thread_id = str(uuid4())
        config: RunnableConfig = {"configurable": {"thread_id": thread_id, "attempt": 1}}
        if rival.prepare is not None:
            await rival.prepare(thread_id)
        state = await graph.ainvoke({"document": document, "step": 0}, config, durability=durability)
        if state["step"] != NODES:
            raise RuntimeError("the run did not end")
        rival.runs.append(thread_id)

    measured = await load([run] * ways, ROUND_SECONDS)
    rival.rates.setdefault(ways, []).append(measured.per_second)
    await asyncio.sleep(0.1)


def _graph(saver: BaseCheckpointSaver[Any] | None) -> Graph:
    graph = StateGraph(State)
    names = [f"node_{number}" for number in range(NODES)]
    for number, name in enumerate(names):
        graph.add_node(name, _node(number), input_schema=State)
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    compiled: Graph = graph.compile(checkpointer=saver)
    return compiled


def _node(number: int) -> Callable[..., Awaitable[Any]]:
    async def rewrite(state: State) -> State:
        """A sixth of the document is calculated anew."""
        share = RECORDS // NODES
        document = [
            {**each, "dni": each["dni"] + 1.0} if at // share == number else each
            for at, each in enumerate(state["document"])
        ]
        return {"document": document, "step": state["step"] + 1}

    return rewrite


def _document(random: Random) -> list[dict[str, Any]]:
    """Hours of weather: numbers as they travel through our own graph, hardly any two alike."""
    return [
        {
            "start": f"2026-06-{1 + hour // 24:02}T{hour % 24:02}:00:00Z",
            "ghi": round(random.uniform(0, 1000), 1),
            "dni": round(random.uniform(0, 900), 1),
            "temp_air": round(random.gauss(20, 6), 1),
        }
        for hour in range(RECORDS)
    ]


@asynccontextmanager
async def _sqlite(folder: Path) -> AsyncIterator[Rival]:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415  may not be installed

    file = folder / "checkpoints.sqlite"

    async def stored() -> int:
        return await asyncio.to_thread(_size, folder, "checkpoints.sqlite*")

    async with AsyncSqliteSaver.from_conn_string(str(file)) as saver:
        await saver.setup()
        yield Rival("SQLite", saver, stored=stored)


def _size(folder: Path, files: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(files))


@asynccontextmanager
async def _postgres(url: str, name: str, waits: str) -> AsyncIterator[Rival]:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415  may not be installed
    from psycopg.rows import dict_row  # noqa: PLC0415
    from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415

    options = {
        "autocommit": True,
        "prepare_threshold": 0,
        "row_factory": dict_row,
        "options": f"-c synchronous_commit={waits}",
    }
    address = await own_database(url, f"checkpoints_{waits}")
    pool: Any = AsyncConnectionPool(address, min_size=4, max_size=20, kwargs=options, open=False)
    async with pool:
        saver = AsyncPostgresSaver(pool)
        await saver.setup()

        async def stored() -> int:
            async with pool.connection() as connection:
                cursor = await connection.execute("SELECT pg_database_size(current_database()) AS size")
                row: Any = await cursor.fetchone()
                return int(row["size"]) - empty

        empty = 0
        empty = await stored()
        yield Rival(name, saver, stored=stored)


@asynccontextmanager
async def _ours(url: str) -> AsyncIterator[Rival]:
    client = create_redis(url)
    saver = RedisSaver(client, ttl_seconds=TTL_SECONDS, fenced=True)

    async def prepare(thread_id: str) -> None:
        await saver.claim(thread_id, 1)

    async def stored() -> int:
        """What the threads take up in memory, by the server's own count, overhead included."""
        total = 0
        async for key in client.scan_iter(match=EVERY_THREAD, count=1000):
            total += await client.memory_usage(key, samples=0) or 0
        return total

    try:
        yield Rival("solarsync", saver, prepare, stored)
    finally:
        await client.aclose()


if __name__ == "__main__":
    main()
