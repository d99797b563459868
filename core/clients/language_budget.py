"""What a language model may cost: a budget of each job, and answers that are not paid for twice.

Both live in Redis and are shared by all processes. A Redis that lost its memory starts the budgets anew.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import orjson
import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.clients.language_model import MAX_ANSWER_TOKENS, estimated_tokens
from core.errors import ModelUnavailable
from core.ports import Completion, LanguageModel
from state.base import JsonObject

log = structlog.get_logger(__name__)

_PREFIX: Final = "solarsync:language"
BUDGET_SECONDS: Final = 30 * 86_400
"""How long after its last question the spending of a job is remembered."""
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may spend. Prices are of a million tokens, in any one currency; the cost limit is in the same."""

    tokens_per_job: int
    prompt_price: float = 0.0
    answer_price: float = 0.0
    cost_per_job: float | None = None

    def cost(self, prompt_tokens: int, answer_tokens: int) -> float:
        return (prompt_tokens * self.prompt_price + answer_tokens * self.answer_price) / MILLION


class PaidLanguageModel:
    """`core.ports.LanguageModel` over another one.

    The most a question can cost is taken from the budget before it is asked, and what it did not cost put back; so
    neither a worker that dies nor two that ask at once can spend more.
    """

    def __init__(
        self, model: LanguageModel, name: str, redis: Redis, limits: Limits, *, cache_seconds: int
    ) -> None:
        self._model = model
        self._name = name
        self._redis = redis
        self._limits = limits
        self._cache_seconds = cache_seconds

    async def complete(self, system: str, user: str, schema: JsonObject, *, account: str) -> Completion:
        key = self._key(system, user, schema)
        if (known := await self._known(key)) is not None:
            return known.model_copy(update={"prompt_tokens": 0, "answer_tokens": 0})
        # The schema goes along once more.
        most = estimated_tokens(system + user) + estimated_tokens(orjson.dumps(schema).decode())
        await self._reserve(account, most, MAX_ANSWER_TOKENS)
        try:
            answer = await self._model.complete(system, user, schema, account=account)
        except ModelUnavailable as error:
            if (
                error.outcome == "unavailable"
            ):  # who did not answer in time may well have worked, and charges for it
                await self._spend(account, -most, -MAX_ANSWER_TOKENS)
            raise
        await self._spend(account, answer.prompt_tokens - most, answer.answer_tokens - MAX_ANSWER_TOKENS)
        if answer.refusal is None and not answer.cut_off:
            await self._keep(key, answer)
        return answer

    def _key(self, system: str, user: str, schema: JsonObject) -> str:
        asked = orjson.dumps([self._name, system, user, schema], option=orjson.OPT_SORT_KEYS)
        return f"{_PREFIX}:answer:{blake2b(asked, digest_size=16).hexdigest()}"

    async def _known(self, key: str) -> Completion | None:
        try:
            stored = await self._redis.get(key)
            return Completion.model_validate_json(stored) if stored is not None else None
        except (RedisError, ValidationError) as error:
            log.warning("core.clients.language_answer_not_read", error=type(error).__name__)
            return None

    async def _keep(self, key: str, answer: Completion) -> None:
        try:
            await self._redis.set(key, answer.model_dump_json(), ex=self._cache_seconds)
        except RedisError as error:
            log.warning("core.clients.language_answer_not_kept", error=type(error).__name__)

    async def _reserve(self, account: str, prompt_tokens: int, answer_tokens: int) -> None:
        limits = self._limits
        tokens, cost = await self._spend(account, prompt_tokens, answer_tokens)
        reason = None
        if tokens > limits.tokens_per_job:
            reason = f"the job's {limits.tokens_per_job} tokens would not suffice"
        elif limits.cost_per_job is not None and cost > limits.cost_per_job:
            reason = f"the job's budget of {limits.cost_per_job:g} would not suffice"
        if reason is not None:
            await self._spend(account, -prompt_tokens, -answer_tokens)
            raise ModelUnavailable("over_budget", reason)

    async def _spend(self, account: str, prompt_tokens: int, answer_tokens: int) -> tuple[int, float]:
        """Count them, and say what the job has spent by now: tokens, and money."""
        key = f"{_PREFIX}:spent:{account}"
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hincrby(key, "prompt", prompt_tokens)
                pipe.hincrby(key, "answer", answer_tokens)
                pipe.expire(key, BUDGET_SECONDS)
                prompt, answer, _ = await pipe.execute()
        except RedisError as error:
            raise ModelUnavailable(
                "unavailable", f"its budget cannot be counted ({type(error).__name__})"
            ) from None
        return prompt + answer, self._limits.cost(prompt, answer)
