"""Many clients that start jobs under few keys, all at once, as phones on a bad network do."""

import asyncio
import contextlib
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import httpx

from tests.support.inputs import sizing_input

ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Starts:
    statuses: Counter[int]
    originals: int
    """Answers that were not a repetition. One that was lost on the way is not among them."""
    answers_per_key: Counter[int]
    """How many keys got how many different answers."""
    jobs: set[str]
    resent: int
    """Requests sent once more, to the other client's process, since no answer came or the service was too busy."""


async def start_at_once(clients: Sequence[httpx.AsyncClient], *, starts: int, keys: int) -> Starts:
    """Send `starts` requests under `keys` keys, in random order, dealt out over the clients."""
    names = [f"{uuid4()}-{number}" for number in range(keys)]
    order = [names[number % keys] for number in range(starts)]
    random.shuffle(order)

    resent = 0

    async def start(number: int, key: str) -> httpx.Response:
        nonlocal resent
        body = sizing_input(description=key)
        for turn in range(number, number + ATTEMPTS):
            # Without an answer nobody knows what was done: that is what keys are for.
            with contextlib.suppress(httpx.TransportError):
                answer = await clients[turn % len(clients)].post(
                    "/jobs", json=body, headers={"Idempotency-Key": key}
                )
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return answer
            resent += 1
            await asyncio.sleep(0.5)
        raise AssertionError(f"no answer in {ATTEMPTS} attempts")

    answers = await asyncio.gather(*(start(number, key) for number, key in enumerate(order)))
    bodies = defaultdict(set)
    for key, answer in zip(order, answers, strict=True):
        bodies[key].add(answer.content)
    accepted = [answer for answer in answers if answer.status_code == 202]
    return Starts(
        statuses=Counter(answer.status_code for answer in answers),
        originals=sum("idempotent-replayed" not in answer.headers for answer in accepted),
        answers_per_key=Counter(len(different) for different in bodies.values()),
        jobs={answer.json()["id"] for answer in accepted},
        resent=resent,
    )
