"""From settings to the language model that triage asks: recorded per run, paid from the job's budget, cached."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from core.clients.gate import Gate
from core.clients.language_budget import Limits, PaidLanguageModel
from core.clients.language_model import OpenAiModel
from core.clients.recorded import RecordedLanguageModel
from core.config import Settings
from core.ports import ExternalCalls, LanguageModel

CONCURRENCY = 8
"""Questions of one process under way at a time."""


@asynccontextmanager
async def open_language_model(
    settings: Settings, redis: Redis, calls: ExternalCalls
) -> AsyncIterator[LanguageModel | None]:
    """None where neither a key nor an address is set."""
    if settings.openai_api_key is None and settings.openai_base_url is None:
        yield None
        return
    name = f"{settings.openai_model}@{settings.openai_base_url or 'openai'}"
    model = OpenAiModel(
        settings.openai_model,
        api_key=settings.openai_api_key,
        base_url=settings.openai_base_url,
        seconds=settings.openai_timeout_seconds,
        gate=Gate("language model", concurrency=CONCURRENCY),
    )
    limits = Limits(
        settings.openai_tokens_per_job,
        settings.openai_prompt_price,
        settings.openai_answer_price,
        settings.openai_cost_per_job,
    )
    paid = PaidLanguageModel(model, name, redis, limits, cache_seconds=settings.checkpoint_ttl_seconds)
    try:
        yield RecordedLanguageModel(paid, name, calls)
    finally:
        await model.aclose()
