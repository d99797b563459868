"""The OpenAPI document against the service, shortly; `make fuzz` takes a quarter of an hour for the same."""

import asyncio
from pathlib import Path

from core.config import Settings
from core.embedded import EmbeddedServers
from tests.support.fuzz import add_users, fuzz_shortly, fuzzed_service

CASES = 250


async def test_each_role_is_answered_as_the_document_says(
    database_url: str, embedded_servers: EmbeddedServers, tmp_path: Path
) -> None:
    await add_users(database_url)
    settings = Settings(
        _env_file=None,
        environment="testing",
        database_url=database_url,
        redis_url=embedded_servers.redis_url,
        data_dir=tmp_path,
    )
    with fuzzed_service(settings, tmp_path) as (client, principals):
        runs = await asyncio.gather(
            *(asyncio.to_thread(fuzz_shortly, client, who, tmp_path, seed=7) for who in principals)
        )
    assert not [f"{run.role}: {run.findings}" for run in runs if run.failed]
    assert sum(run.cases for run in runs) >= CASES
