"""Backup and restore as the operator's guide tells them, carried out with the commands it gives."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from sqlalchemy import text

from api.app import create_app
from api.demo import load
from core.config import Settings
from core.database import opened_engine
from core.embedded.programs import POSTGRES, packages_folder
from tests.api.conftest import settled
from tests.support.working import working

GUIDE = (Path(__file__).parents[2] / "deploy" / "README.md").read_text()
COUNTED = ("jobs", "runs", "job_events", "results", "users", "technicians", "pgqueuer")


def in_the_container(tool: str, *, url: str, database: str, stdin: bytes = b"") -> bytes:
    """Run the guide's command of that name, on the test's server instead of the container's."""
    found = re.search(rf"^docker compose exec -T postgres ({tool} [^<>\n]+)", GUIDE, re.MULTILINE)
    assert found is not None, tool
    words = [database if word == "solarsync" else word for word in shlex.split(found[1])]
    at = words.index("--username")
    del words[at : at + 2]  # the embedded server's user is another
    wheel = packages_folder(POSTGRES.package)
    assert wheel is not None
    address = {"PGHOST": parse_qs(urlsplit(url).query)["host"][0], "PGUSER": "postgres"}
    done = subprocess.run(
        [(wheel / POSTGRES.parts[0]).parent / words[0], *words[1:]],
        input=stdin,
        env={**os.environ, **address},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


async def counted(settings: Settings) -> dict[str, int]:
    async with opened_engine(settings.database_url) as engine, engine.connect() as connection:
        return {
            table: await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in COUNTED
        }


async def test_what_was_dumped_goes_on_where_it_was_restored(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    queued = (await client.post("/jobs", json=load("nairobi_home"))).json()
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    lost = urlsplit(url).path.strip("/")
    dump = in_the_container("pg_dump", url=url, database=lost)

    restored = f"{lost}_restored"
    in_the_container("createdb", url=url, database=restored)
    in_the_container("pg_restore", url=url, database=restored, stdin=dump)
    elsewhere = Settings(
        _env_file=None, **{**settings.model_dump(), "database_url": url.replace(lost, restored)}
    )
    assert await counted(elsewhere) == await counted(settings)

    app = create_app(elsewhere)
    async with (
        app.router.lifespan_context(app),
        working(elsewhere),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=client.base_url,
            headers={"Authorization": client.headers["Authorization"]},
            timeout=60,
        ) as there,
    ):
        assert (await settled(there, queued["id"]))["status"] == "waiting"
        answers = {"answers": {"design_temp_min_c": 8}}
        assert (await there.post(f"/jobs/{queued['id']}/resume", json=answers)).status_code == 202
        assert (await settled(there, queued["id"]))["questions"]
    in_the_container("dropdb", url=url, database=restored)
