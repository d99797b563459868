"""What an operator may tune about dispatch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """The defaults are conventions, not measurements: a firm that knows its own figures puts them here."""

    travel_speed_km_h: float = 40.0
    """Kilometres of great circle per hour on the road, so that detours are inside the figure."""
    notice_h: float = 0.5
    """From the plan to the departure."""
    longest_visit_h: float = 6.0
    """Longer work is split into equal visits: what fits into a working day beside two journeys."""
    start_grid_minutes: int = 15
    """Visits start on this grid of the clock; every time zone's offset is a multiple of 15 minutes."""
    alternatives: int = 3
    """How many others the answer names."""

    points_per_travel_hour: float = 10.0
    """Taken from 100 for each hour on the road, both ways."""
    points_until_deadline: float = 30.0
    """Taken for arriving at the very deadline; in proportion when earlier."""
    points_per_planned_hour: float = 0.5
    """Taken for each hour of visits planned in the week ahead, so that work is spread."""
    points_per_waiting_day: float = 2.0
    """Taken for each day until the visit where no deadline presses."""

    survey_skills: tuple[str, ...] = ("installation",)
    """Asked of whoever surveys the site of a system that was sized."""
    survey_duration_h: float = 2.0
    """Length of that survey."""

    @property
    def start_grid(self) -> float:
        """`start_grid_minutes` in seconds."""
        return self.start_grid_minutes * 60.0
