"""The checkpointed state of a job, for those who do not run the graph: read, set or removed."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.base.id import uuid6

from core.errors import FieldError, InvalidInput

CHECKPOINT_FORMAT: Final = 4
"""The format LangGraph 1.2 writes (`langgraph.pregel`); older ones are migrated when they are read."""


async def save_job_state(
    saver: BaseCheckpointSaver[str], job_id: str, state: dict[str, Any], *, attempt: int | None = None
) -> None:
    """Make `state` the whole state of the job, in a new checkpoint; nothing is left to run.

    Raises
    ------
    InvalidInput
        The job id is not a UUID; Redis is not asked.
    StaleAttempt
        The thread is held by another attempt than this one.
    StorageUnavailable
        Redis cannot be reached.
    """
    config = _config(job_id)
    if attempt is not None:
        config["configurable"]["attempt"] = attempt
    previous = await saver.aget_tuple(config)
    step = 0
    if previous is not None:
        config["configurable"]["checkpoint_id"] = previous.config["configurable"]["checkpoint_id"]
        step = previous.metadata.get("step", -1) + 1
    versions: ChannelVersions = dict.fromkeys(state, saver.get_next_version(None, None))
    checkpoint = Checkpoint(
        v=CHECKPOINT_FORMAT,
        id=str(uuid6(clock_seq=step)),
        ts=datetime.now(UTC).isoformat(),
        channel_values=dict(state),
        channel_versions=versions,
        versions_seen={},
        updated_channels=sorted(state),
    )
    metadata = CheckpointMetadata(source="update", step=step, parents={})
    await saver.aput(config, checkpoint, metadata, versions)


async def get_job_state(saver: BaseCheckpointSaver[str], job_id: str) -> dict[str, Any] | None:
    """The state at the job's newest checkpoint; None when there is none (it expired, or Redis was emptied).

    Channels LangGraph keeps for itself are left out.

    Raises
    ------
    InvalidInput
        The job id is not a UUID; Redis is not asked.
    StorageUnavailable
        Redis cannot be reached, so it is not known whether there is one.
    CheckpointUnreadable
        There is one, and it cannot be decoded.
    """
    found = await saver.aget_tuple(_config(job_id))
    if found is None:
        return None
    values = found.checkpoint["channel_values"]
    return {name: value for name, value in values.items() if _is_of_the_state(name)}


async def delete_job_state(saver: BaseCheckpointSaver[str], job_id: str) -> None:
    """Remove all checkpoints of the job, and the claim on them, for good.

    Raises
    ------
    InvalidInput
        The job id is not a UUID; Redis is not asked.
    StorageUnavailable
        Redis cannot be reached.
    """
    await saver.adelete_thread(_config(job_id)["configurable"]["thread_id"])


def _config(job_id: str) -> RunnableConfig:
    try:
        canonical = str(UUID(job_id)) == job_id
    except (ValueError, AttributeError, TypeError):
        canonical = False
    if not canonical:
        raise InvalidInput([FieldError("/job_id", "must be a UUID in its usual form, in lower case")])
    return {"configurable": {"thread_id": job_id, "checkpoint_ns": ""}}


def _is_of_the_state(channel: str) -> bool:
    return channel.isidentifier() and not channel.startswith("__")
