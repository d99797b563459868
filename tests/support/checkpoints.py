"""Checkpoints for the saver's tests, without a graph."""

from collections.abc import AsyncIterator
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.base.id import uuid6

from core.checkpoint import RedisSaver


def config(thread_id: str = "t", checkpoint_ns: str = "", **more: Any) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": checkpoint_ns, **more}}


def checkpoint_of(
    values: dict[str, Any], *, version: str = "1", checkpoint_id: str | None = None
) -> Checkpoint:
    return Checkpoint(
        v=4,
        id=checkpoint_id or str(uuid6()),
        ts="2026-01-01T00:00:00+00:00",
        channel_values=values,
        channel_versions=dict.fromkeys(values, version),
        versions_seen={},
        updated_channels=None,
    )


async def put(
    saver: RedisSaver, where: RunnableConfig, values: dict[str, Any], **more: Any
) -> RunnableConfig:
    checkpoint = checkpoint_of(values, **more)
    metadata = CheckpointMetadata(source="loop", step=0, parents={})
    return await saver.aput(where, checkpoint, metadata, checkpoint["channel_versions"])


async def found(saver: RedisSaver, where: RunnableConfig) -> CheckpointTuple:
    checkpoint = await saver.aget_tuple(where)
    assert checkpoint is not None
    return checkpoint


async def all_of(listing: AsyncIterator[CheckpointTuple]) -> list[CheckpointTuple]:
    return [one async for one in listing]


async def writes_of(saver: RedisSaver, where: RunnableConfig) -> list[tuple[str, str, Any]]:
    return (await found(saver, where)).pending_writes or []
