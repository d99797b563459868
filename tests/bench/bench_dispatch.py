"""Dispatch over 5 000 technicians and 1 000 planned visits; and 10 000 random situations checked step by step.

The floor of the same run is what it takes to look at each technician once in Python and sort by distance alone.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from nodes.dispatch.engine import choose
from nodes.dispatch.travel import great_circle_km
from state.dispatch import Leave, Schedule
from state.weather import Window
from tests.support.crews import NOW, SITE, crew, situation
from tests.support.dispatch_rules import violations

PEOPLE, VISITS, SITUATIONS, REPEATS = 5_000, 1_000, 10_000, 7
SHARED = 50
"""Different hours and zones where a firm has some shifts; else everybody has hours of their own."""
BAR_MS = 50.0
NIGHT = [
    Window(
        start=NOW + timedelta(days=day, hours=16),
        end=NOW + timedelta(days=day, hours=22),
        verdict="caution",
        reasons=[],
    )
    for day in range(5)
]
HOLIDAYS = Leave(start=NOW - timedelta(days=1), end=NOW + timedelta(days=14))
NARROW = Schedule(earliest=NOW + timedelta(hours=30), latest=NOW + timedelta(hours=31))
HARD: dict[str, dict[str, Any]] = {
    "nobody has the skill": {"skills": ["astronaut"]},
    "safe at night only, with caution": {"windows": NIGHT},
    "the customer's hour is too short": {"schedule": NARROW, "duration_h": 3.0},
    "all of these, and a deadline": {
        "skills": ["astronaut"],
        "windows": NIGHT,
        "schedule": NARROW,
        "duration_h": 3.0,
        "respond_by": NOW + timedelta(hours=48),
    },
}


def main() -> None:
    chance = random.Random(5)
    people = crew(chance, PEOPLE, VISITS)
    sharing = crew(chance, PEOPLE, VISITS, shifts=SHARED)
    away = [each.model_copy(update={"leave": [HOLIDAYS]}) for each in people]
    ordinary = [situation(chance) for _ in range(30)]
    usual = ordinary[0] | {"respond_by": None, "schedule": Schedule()}
    print(
        f"{PEOPLE} technicians, each with hours of their own, {VISITS} planned visits;"
        f" processor time of one choice, bar {BAR_MS:.0f} ms"
    )
    _show("30 random situations", [_best(partial(choose, people, **asked)) for asked in ordinary])
    _show(
        f"the same, {SHARED} shifts shared", [_best(partial(choose, sharing, **asked)) for asked in ordinary]
    )
    for name, changes in HARD.items():
        _show(name, [_best(partial(choose, people, **(usual | changes)))])
    _show("everybody is on leave", [_best(partial(choose, away, **usual))])
    _show("floor: each one's distance, sorted", [_best(lambda: sorted(_distances(people)))])

    chance, met, broken = random.Random(10), Counter[str](), Counter[str]()
    for _ in range(SITUATIONS):
        few, asked = crew(chance, 8, 6, spread=0.6), situation(chance)
        result = choose(few, **asked)
        met["sent" if result.visit else "nobody"] += 1
        broken.update(violations(result, {each.id: each for each in few}, asked))
    print(f"{SITUATIONS} random situations: {met['sent']} sent, {met['nobody']} nobody suitable")
    print(f"hard conditions broken: {broken.total()} {dict(broken) or ''}")


def _distances(people: list[Any]) -> list[float]:
    return [
        great_circle_km(SITE.latitude, SITE.longitude, each.base_latitude, each.base_longitude)
        for each in people
    ]


def _best(call: Callable[[], object]) -> float:
    """The least processor time of several [ms]: others' load only adds."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        times.append(1000 * (time.process_time() - start))
    return min(times)


def _show(name: str, times: list[float]) -> None:
    times = sorted(times)
    median, worst = times[len(times) // 2], times[-1]
    print(f"{name:<36} median {median:6.1f} ms, worst {worst:6.1f} ms")
