"""What the language model has answered in a run, so that the run redelivered does not pay for it again.

The answers of a thread's runs are one Redis hash beside the thread's own, under the same fence: a flush loses no job
with them, a worker that lost its run records nothing, and they expire as checkpoints do. Between an answer's arrival
and its record lies one round trip; a worker killed in it has paid for nothing. Forecasts are kept by their cell.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Final, TypeVar
from uuid import UUID

import orjson
import redis.asyncio
import structlog
from pydantic import ValidationError

from core.checkpoint import keys
from core.checkpoint.codec import pack, unpack
from core.checkpoint.scripts import Script
from core.checkpoint.transport import AsyncTransport, Command, Operation, connected
from core.errors import CheckpointUnreadable, StaleAttempt, StorageUnavailable
from state.base import JsonObject, Model

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer", bound=Model)

# attempt ttl | answer value, under the fence of the thread
KEEP: Final = Script(
    """
local fence = redis.call('HGET', KEYS[1], 'f')
if not fence or tonumber(ARGV[1]) < tonumber(fence) then return {'stale'} end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 'OK'
"""
)


@dataclass(frozen=True, slots=True)
class RunInHand:
    """The run that a worker carries out, and what was answered in it since the worker took it."""

    thread_id: str
    run_id: str
    attempt: int
    answers: dict[bytes, bytes] = field(default_factory=dict)


_in_hand: ContextVar[RunInHand | None] = ContextVar("run_in_hand", default=None)


@contextmanager
def run_in_hand(thread_id: str, run_id: str, attempt: int) -> Iterator[None]:
    """Calls made in this context, and in tasks started from it, belong to that run."""
    token = _in_hand.set(RunInHand(thread_id, run_id, attempt))
    try:
        yield
    finally:
        _in_hand.reset(token)


def run_id_in_hand() -> UUID | None:
    """The run that calls in this context belong to."""
    run = _in_hand.get()
    return None if run is None else UUID(run.run_id)


class RecordedCalls:
    """`core.ports.ExternalCalls` over Redis; outside of a run every call is made."""

    def __init__(self, client: redis.asyncio.Redis, *, ttl_seconds: int) -> None:
        self._redis = AsyncTransport(partial(connected, client))
        self._ttl_seconds = ttl_seconds

    async def once(
        self, call: str, arguments: JsonObject, kind: type[Answer], ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        run = _in_hand.get()
        if run is None:
            return await ask()
        name = _fingerprint(run, call, arguments)
        stored = run.answers.get(name) or await self._redis.run(_find(run, name))
        if stored is not None:
            try:
                return kind.model_validate_json(unpack(stored))
            except (CheckpointUnreadable, ValidationError):  # damaged, or of another release
                log.warning("core.checkpoint.answer_unreadable", call=call)
        answer = await ask()
        run.answers[name] = pack(answer.model_dump_json().encode())
        try:
            await self._redis.run(_keep(run, name, self._ttl_seconds))
        except StorageUnavailable:  # nor will the checkpoint be stored; here and now the answer is known
            log.warning("core.checkpoint.answer_not_kept", call=call)
        return answer


def _fingerprint(run: RunInHand, call: str, arguments: JsonObject) -> bytes:
    asked = orjson.dumps([run.run_id, call, arguments], option=orjson.OPT_SORT_KEYS)
    return blake2b(asked, digest_size=16).digest()


def _find(run: RunInHand, name: bytes) -> Operation[bytes | None]:
    (stored,) = yield [Command(("HGET", keys.answers_key(run.thread_id), name))]
    return stored  # type: ignore[no-any-return]  # what Redis said


def _keep(run: RunInHand, name: bytes, ttl_seconds: int) -> Operation[None]:
    words = (run.attempt, ttl_seconds * 1000, name, run.answers[name])
    on = (keys.thread_key(run.thread_id), keys.answers_key(run.thread_id))
    (reply,) = yield [Command((len(on), *on, *words), KEEP)]
    if isinstance(reply, list):
        raise StaleAttempt(f"attempt {run.attempt} no longer holds the run whose call was answered")
