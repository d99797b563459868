"""Everyone who could be sent, seen from the site, in arrays: thousands are weighed at once, few are looked into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
from numpy.typing import NDArray

from nodes.dispatch.settings import DispatchSettings
from nodes.dispatch.travel import great_circle_km
from state.dispatch import Technician
from state.site import Site

HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Reach:
    """A technician seen from the site."""

    technician: Technician
    distance_km: float
    travel: float
    """One way [s]."""
    missing: tuple[str, ...]
    planned_hours: float
    """Of visits planned in the week ahead [h]."""


class Crew:
    """Arrays have one entry per technician, in the order given."""

    def __init__(
        self,
        technicians: Sequence[Technician],
        site: Site,
        skills: frozenset[str],
        settings: DispatchSettings,
        now: float,
    ) -> None:
        self.technicians = technicians
        latitudes = np.array([each.base_latitude for each in technicians], dtype=float)
        longitudes = np.array([each.base_longitude for each in technicians], dtype=float)
        self.distance_km: NDArray[np.float64] = great_circle_km(
            site.latitude, site.longitude, latitudes, longitudes
        )
        self.travel = self.distance_km / settings.travel_speed_km_h * HOUR
        """One way [s]."""
        lacks: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._missing = [_lacks(tuple(each.skills), skills, lacks) for each in technicians]
        self.missing = np.array([len(each) for each in self._missing], dtype=int)
        """How many of the needed skills each lacks."""
        self.planned_hours = np.array([_planned_hours(each, now) for each in technicians], dtype=float)
        """Of visits planned in the week ahead [h]."""
        self.back = np.array([_back(each, now) if each.leave else now for each in technicians], dtype=float)
        """When the leave ends that each is on; now for those who are on none."""

    def __len__(self) -> int:
        return len(self.technicians)

    def arrivals(self, ready: float) -> NDArray[np.float64]:
        """When each can be on site at the soonest who departs at `ready`, or when back from leave."""
        arrivals: NDArray[np.float64] = np.maximum(self.back, ready) + self.travel
        return arrivals

    @property
    def lacking(self) -> int:
        """How many lack a needed skill."""
        return int(np.count_nonzero(self.missing))

    def reach(self, place: int) -> Reach:
        return Reach(
            self.technicians[place],
            float(self.distance_km[place]),
            float(self.travel[place]),
            self._missing[place],
            float(self.planned_hours[place]),
        )

    def nearest(self, count: int) -> list[Reach]:
        """Those who lack least, and of these the nearest."""
        ids = [str(each.id) for each in self.technicians]
        order = zip(self.missing.tolist(), self.distance_km.tolist(), ids, range(len(self)), strict=True)
        return [self.reach(place) for *_, place in nsmallest(count, order)]


def skill_key(skill: str) -> str:
    """The form in which skills are equal: "High voltage" is "high_voltage"."""
    return "_".join(skill.casefold().replace("-", " ").replace("_", " ").split())


def skill_keys(skills: Iterable[str]) -> frozenset[str]:
    return frozenset(map(skill_key, skills))


def _lacks(
    has: tuple[str, ...], skills: frozenset[str], known: dict[tuple[str, ...], tuple[str, ...]]
) -> tuple[str, ...]:
    if has not in known:
        known[has] = tuple(sorted(skills - skill_keys(has)))
    return known[has]


def _planned_hours(technician: Technician, now: float) -> float:
    spans = ((visit.start.timestamp(), visit.end.timestamp()) for visit in technician.planned_visits)
    return sum(max(0.0, min(end, now + 7 * DAY) - max(start, now)) for start, end in spans) / HOUR


def _back(technician: Technician, now: float) -> float:
    spans = ((leave.start.timestamp(), leave.end.timestamp()) for leave in technician.leave)
    return max([now, *(end for start, end in spans if start <= now)])
