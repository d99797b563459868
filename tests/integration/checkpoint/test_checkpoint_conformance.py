from collections.abc import AsyncIterator

import redis.asyncio
from langgraph.checkpoint.conformance import checkpointer_test, validate

from core.checkpoint import RedisSaver

TESTS = 81
"""All that langgraph-checkpoint-conformance 0.0.2 holds; it counts capabilities that are absent as passed."""


async def test_the_saver_passes_every_conformance_test(client: redis.asyncio.Redis) -> None:
    @checkpointer_test(name="RedisSaver")
    async def fresh_saver() -> AsyncIterator[RedisSaver]:
        await client.flushdb()
        yield RedisSaver(client, ttl_seconds=60)

    report = await validate(fresh_saver)

    results = report.results.values()
    assert [failure for result in results for failure in result.failures] == []
    assert all(result.detected for result in results)
    assert sum(result.tests_passed for result in results) == TESTS
    print(f"langgraph-checkpoint-conformance: {TESTS} of {TESTS}")  # noqa: T201  the figure is asked for
