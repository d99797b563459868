"""Dispatch in words: what a proposal keeps, costs and breaks, in the site's time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isinf
from zoneinfo import ZoneInfo

from nodes.dispatch.crew import HOUR, Crew, Reach
from nodes.dispatch.ranking import Condition, Order, Proposal
from state.dispatch import AssignedTechnician, Candidate, Visit
from state.weather import Window


class Wording:
    """Speaks about one order."""

    def __init__(
        self, order: Order, skills: frozenset[str], windows: Sequence[Window], zone: ZoneInfo
    ) -> None:
        self._order = order
        self._skills = sorted(skills)
        self._windows = windows
        self._zone = zone

    def candidate(self, proposal: Proposal) -> Candidate:
        start = self._at(proposal.start)
        visit = Visit(start=start, end=start + timedelta(seconds=self._order.length))
        return Candidate(
            technician=assigned(proposal.reach),
            visit=visit,
            verdict=proposal.verdict,
            score=round(proposal.score, 1),
            missing=[self._broken(condition, proposal) for condition in sorted(proposal.waived)],
            missing_skills=list(proposal.reach.missing),
            reasons=[*self._costs(proposal), *self._cautions(visit)],
        )

    def without_visit(self, reach: Reach) -> Candidate:
        lacks = [lacked(reach)] if reach.missing else []
        return Candidate(
            technician=assigned(reach),
            visit=None,
            score=None,
            missing=[*lacks, "no free safe time"],
            missing_skills=list(reach.missing),
            reasons=[f"{reach.distance_km:.1f} km away"],
        )

    def late(self, candidate: Candidate) -> list[str]:
        """The deadline is the only thing that a visit which is planned may miss."""
        deadline = self._clock(self._order.deadline) if candidate.missing else ""
        return [f"{broken}, {deadline}, before which no hour is safe" for broken in candidate.missing]

    def split(self, duration_h: float, visits: int) -> list[str]:
        if visits == 1:
            return []
        each = self._order.length / HOUR
        return [f"{duration_h:.1f} h of work are split: this is the first of {visits} visits of {each:.1f} h"]

    def passed_over(self, everyone: Crew) -> list[str]:
        lacking = everyone.lacking
        return [f"{lacking} of {len(everyone)} technicians lack a needed skill"] if lacking else []

    def nobody(self, everyone: Crew) -> str:
        """Why nobody is suitable: the first gate that nobody passes."""
        if not len(everyone):
            return "no technician is registered"
        if self._order.longest_safe < self._order.length:
            return self._no_safe_time()
        if everyone.lacking == len(everyone):
            return f"none of {len(everyone)} technicians has all of: {', '.join(self._skills)}"
        order = self._order
        deadline = "" if isinf(order.last_start) else f" that starts by {self._clock(order.deadline)}"
        times = "" if isinf(order.earliest) and isinf(order.latest) else " within the customer's times"
        return (
            f"no technician with the skills is free for a safe visit of {order.length / HOUR:.1f} h"
            f"{deadline}{times}"
        )

    def closest(self, candidates: Sequence[Candidate]) -> list[str]:
        """Who comes closest, and what is missing; the first candidate is the nearest one."""
        if not candidates:
            return []
        nearest = candidates[0]
        when = f", {self._clock(nearest.visit.start.timestamp())}" if nearest.visit else ""
        who = f"{nearest.technician.name}, {nearest.technician.distance_km:,.0f} km away"
        return [f"closest: {who}{when}; {', '.join(nearest.missing)}"]

    def _no_safe_time(self) -> str:
        order = self._order
        if not self._windows:
            return "there is no forecast for the site, so no hour can be called safe"
        if order.longest_safe > 0:
            return (
                f"the longest safe stretch ahead is {order.longest_safe / HOUR:.1f} h,"
                f" the visit needs {order.length / HOUR:.1f} h"
            )
        ahead = {window.verdict for window in self._windows if window.end.timestamp() > order.ready}
        if not ahead:
            return "the forecast ends before anybody could depart"
        if ahead == {"unknown"}:
            return "the weather ahead is unknown, so no hour can be called safe"
        return f"no hour ahead is safe: the forecast says {' or '.join(sorted(ahead))}"

    def _costs(self, proposal: Proposal) -> list[str]:
        reach = proposal.reach
        waiting = (proposal.start - self._order.now) / HOUR
        journey = f"{reach.distance_km:.1f} km away, about {reach.travel / 60:.0f} min each way"
        start = f"can start {self._clock(proposal.start)}, {waiting:.1f} h from now"
        has = [skill for skill in self._skills if skill not in reach.missing]
        return [
            f"{journey}: −{proposal.travel_points:.1f} points",
            f"{start}: −{proposal.waiting_points:.1f} points",
            *([self._workload(proposal)] if reach.planned_hours else []),
            *([f"has {', '.join(has)}"] if has else []),
        ]

    def _workload(self, proposal: Proposal) -> str:
        hours = proposal.reach.planned_hours
        return f"{hours:.1f} h of visits planned in the week ahead: −{proposal.workload_points:.1f} points"

    def _cautions(self, visit: Visit) -> list[str]:
        met = [
            w for w in self._windows if w.verdict == "caution" and w.start < visit.end and visit.start < w.end
        ]
        return list(dict.fromkeys(f"with caution: {reason}" for window in met for reason in window.reasons))

    def _broken(self, condition: Condition, proposal: Proposal) -> str:
        match condition:
            case "deadline":
                late = (proposal.start - self._order.deadline) / HOUR
                return f"starts {late:.1f} h after the deadline"
            case "schedule":
                return "outside the customer's times"
            case "working_hours":
                return "outside the technician's working hours"
            case "skills":
                return lacked(proposal.reach)

    def _at(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, self._zone)

    def _clock(self, seconds: float) -> str:
        at = self._at(seconds)
        return f"{at:%a} {at.day} {at:%b %H:%M}"


def assigned(reach: Reach) -> AssignedTechnician:
    technician = reach.technician
    return AssignedTechnician(
        id=technician.id,
        name=technician.name,
        distance_km=round(reach.distance_km, 1),
        skills=technician.skills,
    )


def lacked(reach: Reach) -> str:
    return f"lacks {', '.join(reach.missing)}"
