import asyncio

from hypothesis import given
from hypothesis import strategies as st

from core.turnstile import Turnstile

STEPS = st.lists(
    st.tuples(st.sampled_from(["arrive", "arrive", "leave", "cancel"]), st.integers(0, 9), st.integers(0, 3)),
    min_size=4,
    max_size=30,
)
"""What is done, to whom or with which priority, and for how many turns of the loop nothing is."""


class Crowd:
    """Those who come, each with a priority; they stay until told to leave, and may be cancelled at any time."""

    def __init__(self, places: int) -> None:
        self._turnstile = Turnstile(places)
        self._all: list[tuple[int, asyncio.Task[None], asyncio.Event]] = []
        self.inside: list[int] = []

    def arrive(self, priority: int) -> None:
        leave = asyncio.Event()
        task = asyncio.create_task(self._pass(len(self._all), priority, leave))
        self._all.append((priority, task, leave))

    async def _pass(self, number: int, priority: int, leave: asyncio.Event) -> None:
        async with self._turnstile.turn(priority):
            self.inside.append(number)
            try:
                await leave.wait()
            finally:
                self.inside.remove(number)

    def leave(self, number: int) -> None:
        if self.inside:
            self._all[self.inside[number % len(self.inside)]][2].set()

    def cancel(self, number: int) -> None:
        if self._all:
            self._all[number % len(self._all)][1].cancel()

    async def pause(self, turns_of_the_loop: int = 20) -> None:
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)

    def waiting(self) -> list[int]:
        """By what they may expect."""
        left = [n for n, (_, task, _) in enumerate(self._all) if not task.done() and n not in self.inside]
        return sorted(left, key=lambda number: (-self._all[number][0], number))


@given(st.integers(1, 3), STEPS)
def test_no_place_is_lost_or_given_twice_and_the_most_urgent_goes_first(
    places: int, steps: list[tuple[str, int, int]]
) -> None:
    async def go() -> None:
        crowd = Crowd(places)
        for step, number, pause in steps:
            getattr(crowd, step)(number)
            await crowd.pause(pause)
            assert len(crowd.inside) <= places
        await crowd.pause()
        while crowd.inside:
            waiting = crowd.waiting()
            assert len(crowd.inside) == places or not waiting
            crowd.leave(0)
            await crowd.pause()
            assert crowd.waiting() == waiting[1:]
        assert not crowd.waiting()

    asyncio.run(go())


def test_a_place_given_to_one_that_is_cancelled_before_it_takes_it_goes_to_the_next() -> None:
    async def go() -> None:
        crowd = Crowd(places=1)
        for priority in (1, 3, 2):
            crowd.arrive(priority)
            await crowd.pause()
        crowd.leave(0)
        await crowd.pause(1)
        assert crowd.inside == []
        crowd.cancel(1)
        await crowd.pause()
        assert crowd.inside == [2]

    asyncio.run(go())
