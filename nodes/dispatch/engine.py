"""Who goes, and when; or, where nobody can, who comes closest and what stands in the way."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import combinations
from math import ceil, inf
from typing import get_args
from zoneinfo import ZoneInfo

from nodes.dispatch.crew import HOUR, Crew, skill_keys
from nodes.dispatch.hours import safe_intervals
from nodes.dispatch.ranking import Condition, Order
from nodes.dispatch.search import Diaries, best
from nodes.dispatch.settings import DispatchSettings
from nodes.dispatch.wording import Wording
from state.dispatch import Candidate, DispatchResult, Schedule, Technician
from state.site import Site
from state.weather import Window

CONDITIONS: tuple[Condition, ...] = get_args(Condition)
"""What a dispatcher could waive. Weather, leave and other customers' visits are not among them."""


def choose(
    technicians: Sequence[Technician],
    *,
    skills: Iterable[str],
    site: Site,
    windows: Sequence[Window],
    respond_by: datetime | None,
    duration_h: float,
    schedule: Schedule,
    now: datetime,
    settings: DispatchSettings,
    timezone: str,
) -> DispatchResult:
    """The best technician with the earliest visit that keeps every condition.

    Parameters
    ----------
    technicians : with the visits that stand against this one; never the job's own
    skills : all of them are needed
    windows : safe and unsafe hours at the site; an hour in none of them counts as unknown
    respond_by : the visit starts by then, unless no safe hour precedes it; None where nothing presses
    duration_h : work on site [h]; more than `settings.longest_visit_h` is split, and the first visit planned
    now : when the plan is made
    timezone : IANA name, in which the answer speaks of times

    Returns
    -------
    With `technician` and `visit`, and runners-up as `alternatives`; or with neither, and as `alternatives`
    those who come closest, each with what it would break in `missing`. Never an error.
    """
    visits = max(1, ceil(duration_h / settings.longest_visit_h))
    wanted = skill_keys(skills)
    go, usable = safe_intervals(windows)
    order = Order(
        length=duration_h / visits * HOUR,
        now=now.timestamp(),
        ready=now.timestamp() + settings.notice_h * HOUR,
        earliest=schedule.earliest.timestamp() if schedule.earliest else -inf,
        latest=schedule.latest.timestamp() if schedule.latest else inf,
        deadline=respond_by.timestamp() if respond_by else inf,
        go=go,
        usable=usable,
    )
    if respond_by and not order.deadline_can_be_met(settings.start_grid):
        # At night nobody could do better than the first safe hour; there is nothing for a person to decide.
        order = order.without("deadline")
    wording = Wording(order, wanted, windows, ZoneInfo(timezone))
    everyone = Crew(technicians, site, wanted, settings, order.now)
    diaries = Diaries(everyone, order)
    split = wording.split(duration_h, visits)

    found = [wording.candidate(each) for each in best(diaries, order, settings, 1 + settings.alternatives)]
    if not found:
        closest = _closest(diaries, order, wording, settings)
        return DispatchResult(
            technician=None,
            visit=None,
            reasons=[wording.nobody(everyone), *split, *wording.closest(closest)],
            alternatives=closest,
            respond_by=respond_by,
        )
    chosen, *others = found
    return DispatchResult(
        technician=chosen.technician,
        visit=chosen.visit,
        verdict=chosen.verdict,
        reasons=[*chosen.reasons, *wording.late(chosen), *split, *wording.passed_over(everyone)],
        alternatives=others,
        respond_by=respond_by,
    )


def _closest(diaries: Diaries, order: Order, wording: Wording, settings: DispatchSettings) -> list[Candidate]:
    """The best visit for each smallest set of conditions that, waived, lets one happen.

    Because no smaller set does, such a visit breaks every condition of its set. Where no safe stretch is long
    enough, nobody gets a time: only who is nearest with the skills.
    """
    if order.longest_safe >= order.length:
        in_force = [condition for condition in CONDITIONS if _matters(condition, diaries.crew, order)]
        for size in range(1, len(in_force) + 1):
            relaxed = [order.without(*waived) for waived in combinations(in_force, size)]
            found = [proposal for each in relaxed for proposal in best(diaries, each, settings, 1)]
            if found:
                return [wording.candidate(each) for each in found[: settings.alternatives]]
    return [wording.without_visit(reach) for reach in diaries.crew.nearest(settings.alternatives)]


def _matters(condition: Condition, everyone: Crew, order: Order) -> bool:
    """Whether waiving the condition could change anything."""
    match condition:
        case "deadline":
            return order.last_start < inf
        case "schedule":
            return -inf < order.earliest or order.latest < inf
        case "skills":
            return everyone.lacking > 0
        case "working_hours":
            return True
