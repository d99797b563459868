"""Starts sent again and again over two API processes, each with the same few keys."""

from tests.chaos.conftest import OpenCluster, Say, times
from tests.support.idempotent_starts import start_at_once


async def test_starts_at_once_under_few_keys_are_one_job_each(open_cluster: OpenCluster, say: Say) -> None:
    keys = times(250)
    async with open_cluster(apis=2, workers=0) as cluster:
        seen = await start_at_once([api.client for api in cluster.apis], starts=4 * keys, keys=keys)
        stored = [
            (await cluster.rows(f"SELECT count(*) FROM {table}"))[0][0]
            for table in ("jobs", "runs", "pgqueuer")
        ]
        crashes = [line for api in cluster.apis for line in api.logged("api.request.crashed")]
    say((seen.statuses, seen.originals, seen.answers_per_key, len(seen.jobs), stored, seen.resent, crashes))
    assert seen.statuses == {202: 4 * keys}
    assert seen.answers_per_key == {1: keys}
    assert len(seen.jobs) == keys
    assert keys - seen.resent <= seen.originals <= keys
    assert stored == [keys] * 3
