"""Where the time of one job goes, from what it leaves behind: rows in PostgreSQL, checkpoints in Redis.

All clocks are the machine's: the client's, PostgreSQL's and the worker's.
"""

import statistics
from collections import defaultdict
from datetime import datetime
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from core.checkpoint import RedisSaver
from core.database.models import JobEventRow, RunRow
from tests.bench.support.contenders import Answered

Stages = dict[str, float]
"""What a job went through, in its order, and how long it took. [s]"""


async def stages(engine: AsyncEngine, saver: RedisSaver, seen: Answered) -> Stages:
    """The stages of a job that has ended."""
    job_id = UUID(seen.job_id)
    async with engine.connect() as connection:
        run = (
            await connection.execute(
                select(RunRow.started_at, RunRow.finished_at).where(RunRow.job_id == job_id)
            )
        ).one()
        nodes = list(
            await connection.scalars(
                select(JobEventRow.data["node"].astext)
                .where(JobEventRow.job_id == job_id, JobEventRow.type == "node.finished")
                .order_by(JobEventRow.id)
            )
        )
    claimed, finished = run.started_at.timestamp(), run.finished_at.timestamp()
    # One checkpoint of the input, one of where it leads, then one after each node.
    config: RunnableConfig = {"configurable": {"thread_id": seen.job_id}}
    stamps = [datetime.fromisoformat(each.checkpoint["ts"]) async for each in saver.alist(config)]
    steps = sorted(stamp.timestamp() for stamp in stamps)[1:]
    if len(steps) != len(nodes) + 1:
        raise RuntimeError(f"{len(steps)} steps of {len(nodes)} nodes")
    by_node = {node: after - before for node, before, after in zip(nodes, steps[:-1], steps[1:], strict=True)}
    return {
        "POST": seen.accepted - seen.sent,
        "until claimed": claimed - seen.accepted,
        "until begun": steps[0] - claimed,
        **by_node,
        "until stored": finished - steps[-1],
        "store, notify, answer": seen.answered - finished,
    }


def medians_ms(jobs: list[Stages]) -> Stages:
    """The middle of each stage. [ms]"""
    gathered: defaultdict[str, list[float]] = defaultdict(list)
    for job in jobs:
        for stage, seconds in job.items():
            gathered[stage].append(seconds * 1000)
    return {stage: statistics.median(times) for stage, times in gathered.items()}
