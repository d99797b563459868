"""The whole OpenAPI document, held against the service by Schemathesis: `make fuzz`."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from core.config import Settings
from core.embedded import EmbeddedServers
from tests.chaos.conftest import times
from tests.support.fuzz import add_users, fuzz, fuzzed_service

CASES = 5_000
PHASES = "examples,coverage,fuzzing,stateful"


async def test_no_role_finds_an_answer_that_the_document_does_not_tell_of(
    database_url: str, embedded_servers: EmbeddedServers, tmp_path: Path, judge: Callable[..., None]
) -> None:
    settings = Settings(
        _env_file=None,
        environment="testing",
        database_url=database_url,
        redis_url=embedded_servers.redis_url,
        data_dir=tmp_path,
    )
    await add_users(database_url)
    with fuzzed_service(settings, tmp_path) as (client, principals):
        runs = await asyncio.gather(
            *(
                asyncio.to_thread(fuzz, client, who, tmp_path, examples=times(8), phases=PHASES, seed=number)
                for number, who in enumerate(principals)
            )
        )
    failures = "\n".join(f"{run.role}:\n{run.findings}" for run in runs if run.failed)
    counted = {run.role.value: run.cases for run in runs} | {"cases": sum(run.cases for run in runs)}
    held = [not failures, counted["cases"] >= CASES]
    judge("7.1", "Schemathesis as every role, all checks, stateful", held, counted | {"failures": failures})
