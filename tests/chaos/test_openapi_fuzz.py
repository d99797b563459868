"""The whole OpenAPI document, held against the service by Schemathesis: `make fuzz`."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from core.config import Settings
from core.database import AsyncSessionLocal, create_engine
from core.database.models import Role
from core.database.users import Users
from core.embedded import EmbeddedServers
from core.security import get_password_hash
from tests.chaos.conftest import times
from tests.support.fuzz import PASSWORD, fuzz, fuzzed_service

CASES = 5_000


async def test_no_role_finds_an_answer_that_the_document_does_not_tell_of(
    database_url: str, embedded_servers: EmbeddedServers, tmp_path: Path, judge: Callable[..., None]
) -> None:
    engine = create_engine(database_url, pool_size=1)
    hashed = get_password_hash(PASSWORD)
    async with AsyncSessionLocal(bind=engine) as session, session.begin():
        for role in Role:
            await Users(session).add(role.value, hashed, role)
    await engine.dispose()
    settings = Settings(
        _env_file=None,
        environment="testing",
        database_url=database_url,
        redis_url=embedded_servers.redis_url,
        data_dir=tmp_path,
    )
    with fuzzed_service(settings, tmp_path) as client:
        runs = [
            await asyncio.to_thread(
                fuzz,
                client,
                role,
                tmp_path,
                examples=times(8),
                phases="examples,coverage,fuzzing,stateful",
                seed=number,
            )
            for number, role in enumerate((Role.TECHNICIAN, Role.DISPATCHER, Role.ADMIN))
        ]
    failures = "\n".join(run.output[-6_000:] for run in runs if run.failed)
    counted = {run.role.value: run.cases for run in runs} | {"cases": sum(run.cases for run in runs)}
    held = [not failures, counted["cases"] >= CASES]
    judge("7.1", "Schemathesis as every role, all checks, stateful", held, counted | {"failures": failures})
