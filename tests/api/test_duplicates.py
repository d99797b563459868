"""Two tickets about one fault, as the second technician sees them."""

import httpx
import pytest

from tests.api.conftest import settled
from tests.support.inputs import triage_input


@pytest.mark.usefixtures("worker")
async def test_a_ticket_for_a_fault_that_is_open_already_is_linked_while_that_job_waits(
    client: httpx.AsyncClient,
) -> None:
    first = (await client.post("/jobs", json=triage_input())).json()["id"]
    assert (await settled(client, first))["status"] == "waiting"  # for somebody to release dangerous work

    body = triage_input(text="portal shows no data, isolation fault again", fault_codes=["150"])
    second = (await client.post("/jobs", json=body)).json()["id"]
    await settled(client, second)
    state = (await client.get(f"/jobs/{second}/state")).json()

    triage = (state.get("values") or state)["triage"]
    assert [twin["job_id"] for twin in triage["duplicates"]] == [first]
    assert "the same fault code 150" in triage["duplicates"][0]["reasons"]
