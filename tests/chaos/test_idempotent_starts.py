"""Starts sent again and again over two API processes, each with the same few keys."""

from tests.chaos.conftest import Judge, times
from tests.support.cluster import OpenCluster
from tests.support.idempotent_starts import start_at_once


async def test_starts_at_once_under_few_keys_are_one_job_each(
    open_cluster: OpenCluster, judge: Judge
) -> None:
    keys = times(250)
    async with open_cluster(apis=2, workers=0) as cluster:
        seen = await start_at_once([api.client for api in cluster.apis], starts=4 * keys, keys=keys)
        stored = [
            (await cluster.rows(f"SELECT count(*) FROM {table}"))[0][0]
            for table in ("jobs", "runs", "pgqueuer")
        ]
        crashes = [line for api in cluster.apis for line in api.logged("api.request.crashed")]
    held = (
        seen.statuses == {202: 4 * keys},
        seen.answers_per_key == {1: keys},
        len(seen.jobs) == keys,
        keys - seen.resent <= seen.originals <= keys,
        stored == [keys] * 3,
    )
    counted = {
        "starts": 4 * keys,
        "keys": keys,
        "answers": seen.statuses,
        "originals": seen.originals,
        "jobs": len(seen.jobs),
        "stored": stored[0],
        "resent": seen.resent,
        "crashes": len(crashes),
    }
    judge("2", "starts at once under a quarter as many keys", held, counted)
