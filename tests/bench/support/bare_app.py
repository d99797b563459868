"""The least one could serve the same graph with: FastAPI and AsyncPostgresSaver, no queue, no jobs, no recovery.

`python -m tests.bench.support.bare_app PORT POSTGRES_URL`
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from graph.studio import studio_graph
from tests.bench.support.postgres import own_database


def bare_app(postgres_url: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
        pool: Any = AsyncConnectionPool(postgres_url, min_size=4, max_size=20, kwargs=options, open=False)
        async with pool:
            saver = AsyncPostgresSaver(pool)
            await saver.setup()
            app.state.graph = studio_graph()
            app.state.graph.checkpointer = saver
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/run")
    async def run(job: dict[str, Any]) -> dict[str, Any]:
        config = {"configurable": {"thread_id": str(uuid4())}}
        state: dict[str, Any] = await app.state.graph.ainvoke({"input": job}, config, durability="async")
        return {"report": state["report"]}

    return app


if __name__ == "__main__":
    app = bare_app(asyncio.run(own_database(sys.argv[2], "bare")))
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
