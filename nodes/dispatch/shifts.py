"""Working hours of many technicians at once: a row for each of them, a column for each local day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import inf
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from nodes.dispatch.intervals import Intervals
from state.dispatch import Technician

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
LAST_MOMENT = time(23, 59, 59, 999999, fold=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Instants = NDArray[np.float64]
Micros = NDArray[np.int64]


class Shifts:
    """When technicians work on the local days that touch `start` … `end`, and one day more on either side.

    A row is worked out when it is first asked for, with all others that are asked for at the same time.
    """

    def __init__(self, technicians: Sequence[Technician], start: float, end: float) -> None:
        self._technicians = technicians
        self._span = start, end
        self._zones: dict[str, _LocalDays] = {}
        # The first and the last day may be touched only, and a day of 23 h makes room for one more.
        columns = int((end - start) // DAY.total_seconds()) + 5
        self._known = np.zeros(len(technicians), dtype=bool)
        self._starts: Instants = np.full((len(technicians), columns), inf)
        self._ends: Instants = np.full((len(technicians), columns), -inf)

    def of(self, places: NDArray[np.int_]) -> tuple[Instants, Instants]:
        """Starts and ends [s since the epoch], in order and without overlap; a day off is ∞ to −∞."""
        unknown = places[~self._known[places]]
        if len(unknown):
            self._work_out(unknown)
        return self._starts[places], self._ends[places]

    def stretches(self, place: int) -> Intervals:
        starts, ends = self.of(np.array([place]))
        return [(a, b) for a, b in zip(starts[0].tolist(), ends[0].tolist(), strict=True) if a < b]

    def _work_out(self, places: NDArray[np.int_]) -> None:
        by_zone: dict[str, list[int]] = {}
        for place in places.tolist():
            by_zone.setdefault(self._technicians[place].timezone, []).append(place)
        for name, rows in by_zone.items():
            if name not in self._zones:
                self._zones[name] = _LocalDays(ZoneInfo(name), *self._span)
            starts, ends = _shifts([self._technicians[place] for place in rows], self._zones[name])
            self._starts[rows, : starts.shape[1]] = starts
            self._ends[rows, : ends.shape[1]] = ends
        self._known[places] = True


class _LocalDays:
    """The days of one zone, and one more for what ends on the morning after the last."""

    def __init__(self, zone: ZoneInfo, start: float, end: float) -> None:
        first = datetime.fromtimestamp(start, zone).date() - DAY
        last = datetime.fromtimestamp(end, zone).date() + DAY
        self._zone = zone
        self._days = [first + number * DAY for number in range((last - first).days + 2)]
        self.weekdays = np.array([day.weekday() for day in self._days[:-1]])
        self._midnights: Micros = np.array([self._moment(day, time()) for day in self._days], dtype=np.int64)
        self._turning = [number for number, day in enumerate(self._days) if self._clock_changes(day)]

    def moments(self, micros: Micros) -> Micros:
        """These times of day [µs after midnight] on every day [µs since the epoch]."""
        moments: Micros = self._midnights + micros[:, None]
        for number in self._turning:
            different, where = np.unique(micros, return_inverse=True)
            clock = [(EPOCH + int(each) * MICROSECOND).time() for each in different]
            moments[:, number] = np.array([self._moment(self._days[number], each) for each in clock])[where]
        return moments

    def _moment(self, day: date, clock: time) -> int:
        return (datetime.combine(day, clock, self._zone) - EPOCH) // MICROSECOND

    def _clock_changes(self, day: date) -> bool:
        midnight = datetime.combine(day, time(), self._zone)
        return midnight.utcoffset() != datetime.combine(day, LAST_MOMENT, self._zone).utcoffset()


def _shifts(technicians: Sequence[Technician], days: _LocalDays) -> tuple[Instants, Instants]:
    hours = [each.working_hours for each in technicians]
    begin = np.array([_micros(each.start) for each in hours], dtype=np.int64)
    end = np.array([_micros(each.end) for each in hours], dtype=np.int64)
    weeks = np.array([sum(1 << day for day in set(each.weekdays)) for each in hours], dtype=np.int64)
    starts, same_day = days.moments(begin)[:, :-1] / 1e6, days.moments(end) / 1e6
    ends = np.where((begin < end)[:, None], same_day[:, :-1], same_day[:, 1:])
    off = ((weeks[:, None] >> days.weekdays) & 1 == 0) | (ends <= starts)
    starts[off], ends[off] = inf, -inf
    return _joined(starts, ends)


def _joined(starts: Instants, ends: Instants) -> tuple[Instants, Instants]:
    """A shift that ends when the next day's begins is one with it."""
    for day in range(1, starts.shape[1]):
        meets = starts[:, day] <= ends[:, day - 1]
        if meets.any():
            starts[meets, day] = starts[meets, day - 1]
            ends[meets, day] = np.maximum(ends[meets, day], ends[meets, day - 1])
            starts[meets, day - 1], ends[meets, day - 1] = inf, -inf
    return starts, ends


def _micros(clock: time) -> int:
    seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
    return seconds * 1_000_000 + clock.microsecond
