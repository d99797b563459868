"""Crews and situations made by chance, the same for the same seed."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any
from uuid import UUID

from nodes.dispatch.crew import HOUR
from nodes.dispatch.hours import safe_intervals
from nodes.dispatch.ranking import Condition, Order
from nodes.dispatch.settings import DispatchSettings
from state.dispatch import Leave, PlannedVisit, Schedule, Technician, WorkingHours
from state.site import Site
from state.weather import Window

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SITE = Site(latitude=-1.27, longitude=36.84)
SKILLS = ("pv_electrician", "battery", "communications", "roof_work", "high_voltage", "tracker")
ZONES = ("Africa/Nairobi", "Europe/London", "Asia/Kathmandu")


def crew(
    chance: random.Random, people: int, visits: int, *, spread: float = 4.0, shifts: int | None = None
) -> list[Technician]:
    """So many technicians within `spread` degrees of the site, with so many visits among them in the week ahead.

    Everybody has hours of their own, or they share `shifts` of them.
    """
    known = [_hours(chance) for _ in range(shifts or people)]
    planned: dict[int, list[PlannedVisit]] = defaultdict(list)
    for _ in range(visits):
        start = NOW + timedelta(hours=chance.randrange(7 * 24))
        end = start + timedelta(hours=chance.uniform(0.5, 6))
        planned[chance.randrange(people)].append(PlannedVisit(start=start, end=end))
    return [
        Technician(
            id=UUID(int=number + 1),
            name=f"T{number + 1}",
            skills=chance.sample(SKILLS, chance.randrange(1, 5)),
            base_latitude=SITE.latitude + chance.uniform(-spread, spread),
            base_longitude=SITE.longitude + chance.uniform(-spread, spread),
            timezone=known[number % len(known)][0],
            working_hours=known[number % len(known)][1],
            planned_visits=planned[number],
            leave=[_leave(chance)] if chance.random() < 0.1 else [],
        )
        for number in range(people)
    ]


def situation(chance: random.Random) -> dict[str, Any]:
    """What `choose` is asked besides the crew."""
    windows = []
    for hour in range(0, 5 * 24, 4):
        verdict = chance.choice(("go", "go", "go", "caution", "stop", "unknown"))
        start = NOW + timedelta(hours=hour)
        windows.append(Window(start=start, end=start + timedelta(hours=4), verdict=verdict, reasons=[]))
    schedule = Schedule()
    if chance.random() < 0.3:
        earliest = NOW + timedelta(hours=chance.uniform(0, 60))
        schedule = Schedule(earliest=earliest, latest=earliest + timedelta(hours=chance.uniform(1, 40)))
    return {
        "skills": chance.sample(SKILLS, chance.randrange(3)),
        "site": SITE,
        "windows": windows,
        "respond_by": NOW + timedelta(hours=chance.choice((4, 24, 72))) if chance.random() < 0.7 else None,
        "duration_h": chance.uniform(0.5, 10),
        "schedule": schedule,
        "now": NOW,
        "settings": DispatchSettings(),
        "timezone": "Africa/Nairobi",
    }


def order_of(asked: dict[str, Any], *waived: Condition) -> Order:
    """What a visit has to keep to in a situation."""
    settings: DispatchSettings = asked["settings"]
    schedule, respond_by, now = asked["schedule"], asked["respond_by"], asked["now"].timestamp()
    go, usable = safe_intervals(asked["windows"])
    order = Order(
        length=min(asked["duration_h"], settings.longest_visit_h) * HOUR,
        now=now,
        ready=now + settings.notice_h * HOUR,
        earliest=schedule.earliest.timestamp() if schedule.earliest else -inf,
        latest=schedule.latest.timestamp() if schedule.latest else inf,
        deadline=respond_by.timestamp() if respond_by else inf,
        go=go,
        usable=usable,
    )
    return order.without(*waived)


def _hours(chance: random.Random) -> tuple[str, WorkingHours]:
    hours = {
        "weekdays": sorted(chance.sample(range(7), chance.randrange(3, 8))),
        "start": f"{chance.randrange(5, 20):02}:00",
        "end": f"{chance.choice((4, 14, 16, 18, 22)):02}:30",
    }
    return chance.choice(ZONES), WorkingHours.model_validate(hours)


def _leave(chance: random.Random) -> Leave:
    start = NOW + timedelta(hours=chance.uniform(-48, 72))
    return Leave(start=start, end=start + timedelta(hours=chance.uniform(4, 96)))
