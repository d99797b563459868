from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.dispatch.crew import skill_key
from nodes.dispatch.engine import choose
from nodes.dispatch.settings import DispatchSettings
from nodes.dispatch.travel import great_circle_km
from state.dispatch import DispatchResult, Leave, PlannedVisit, Schedule, Technician, Visit, WorkingHours
from state.site import Site
from state.weather import Verdict, Window

NAIROBI = ZoneInfo("Africa/Nairobi")
SITE = Site(latitude=-1.27, longitude=36.84)
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=NAIROBI)
SETTINGS = DispatchSettings()


def at(hour: float, day: int = 0) -> datetime:
    """Hours after midnight of Monday, 2 March 2026, in Nairobi, and days later."""
    return MONDAY.replace(hour=0) + timedelta(days=day, hours=hour)


def technician(number: int = 1, *, km: float = 19.9, **changes: Any) -> Technician:
    given: dict[str, Any] = {
        "id": UUID(int=number),
        "name": f"T{number}",
        "skills": ["inverter"],
        "base_latitude": SITE.latitude + km / 111.195,
        "base_longitude": SITE.longitude,
        "timezone": "Africa/Nairobi",
    }
    return Technician(**{**given, **changes})


def window(start: datetime, end: datetime, verdict: Verdict = "go") -> Window:
    return Window(start=start, end=end, verdict=verdict, reasons=[f"says {verdict}"])


DAYLIGHT = [window(at(7, day), at(18, day)) for day in range(7)]


def chosen(technicians: list[Technician], **changes: Any) -> DispatchResult:
    asked: dict[str, Any] = {
        "skills": ["inverter"],
        "site": SITE,
        "windows": DAYLIGHT,
        "respond_by": None,
        "duration_h": 2.0,
        "schedule": Schedule(),
        "now": MONDAY,
        "settings": SETTINGS,
        "timezone": "Africa/Nairobi",
    }
    return choose(technicians, **{**asked, **changes})


def start_of(result: DispatchResult) -> datetime:
    assert result.visit is not None
    return result.visit.start


def missing(result: DispatchResult) -> list[list[str]]:
    assert result.technician is None
    assert result.visit is None
    return [candidate.missing for candidate in result.alternatives]


def test_the_journey_lies_within_the_working_hours() -> None:
    result = chosen([technician(km=39.9)])
    assert start_of(result) == at(9), "the shift begins at 8:00; the road takes an hour"
    assert result.visit == Visit(start=at(9), end=at(11))
    assert result.visit.start.utcoffset() == timedelta(hours=3), "spoken of in the site's time"


def test_all_skills_are_needed_and_spelling_does_not_matter() -> None:
    both = technician(2, km=60, skills=["High Voltage", "INVERTER"])
    result = chosen([technician(1), both], skills=["inverter", "high-voltage"])
    assert result.technician is not None
    assert result.technician.id == both.id
    assert "1 of 2 technicians lack a needed skill" in result.reasons


def test_a_go_window_is_worth_waiting_for_a_caution_window_is_better_than_nothing() -> None:
    windy = [window(at(8), at(12), "caution"), window(at(12), at(18))]
    result = chosen([technician()], windows=windy)
    assert start_of(result) == at(12)
    assert result.verdict == "go"

    result = chosen([technician()], windows=windy, respond_by=at(11))
    assert start_of(result) == at(8.5)
    assert result.verdict == "caution"
    assert "with caution: says caution" in result.reasons


def test_adjoining_windows_carry_one_visit_together() -> None:
    result = chosen([technician()], windows=[window(at(9), at(10)), window(at(10), at(11))])
    assert start_of(result) == at(9)


@pytest.mark.parametrize("verdict", ["stop", "unknown"])
def test_an_hour_that_one_window_forbids_stays_forbidden_whatever_another_says(verdict: Verdict) -> None:
    result = chosen([technician()], windows=[window(at(8), at(18)), window(at(9), at(13), verdict)])
    assert start_of(result) == at(13)


def test_the_visit_waits_for_the_diary_and_leaves_time_for_both_journeys() -> None:
    busy = technician(km=19.9, planned_visits=[PlannedVisit(start=at(9), end=at(12))])
    assert start_of(chosen([busy])) == at(12.5)


def test_nobody_is_sent_while_on_leave_nor_on_the_road_when_it_begins() -> None:
    away = technician(km=19.9, leave=[Leave(start=at(0), end=at(24)), Leave(start=at(34.9), end=at(60))])
    result = chosen([away], duration_h=2.0)
    assert start_of(result) == at(12.5, day=2), "back at 11:00 on Tuesday would be after 10:54"


def test_of_two_equals_the_one_with_less_planned_goes_and_the_points_say_why() -> None:
    week = [PlannedVisit(start=at(9, day), end=at(17, day)) for day in range(1, 5)]
    result = chosen([technician(1, planned_visits=week), technician(2)])
    assert result.technician is not None
    assert result.technician.id == UUID(int=2)
    assert "32.0 h of visits planned in the week ahead: −16.0 points" in result.alternatives[0].reasons


def test_nobody_leaves_before_the_plan_is_made() -> None:
    result = chosen([technician(km=19.9)], now=at(10.2))
    assert start_of(result) == at(11.25), "10:12, half an hour's notice, half an hour's journey, next quarter"


def test_the_customers_times_hold_for_the_whole_visit() -> None:
    schedule = Schedule(earliest=at(14, day=1), latest=at(16, day=1))
    assert start_of(chosen([technician()], schedule=schedule)) == at(14, day=1)
    short = Schedule(earliest=at(14, day=1), latest=at(15, day=1))
    assert missing(chosen([technician()], schedule=short)) == [["outside the customer's times"]]


def test_hours_are_the_technicians_own() -> None:
    from_london = technician(timezone="Europe/London", km=0)
    assert start_of(chosen([from_london])) == at(11), "8:00 in London, in winter, is 11:00 in Nairobi"


def test_a_night_shift_runs_past_midnight() -> None:
    hours = WorkingHours(weekdays=[6], start=time(22), end=time(6))
    night = [window(at(0), at(24))]
    result = chosen([technician(km=0, working_hours=hours)], windows=night, now=at(0))
    assert start_of(result) == at(0.5), "Sunday's shift is still on early on Monday"


def test_the_nearer_of_two_equals_goes_and_the_other_is_the_alternative() -> None:
    result = chosen([technician(1, km=30), technician(2, km=10)])
    assert result.technician is not None
    assert result.technician.name == "T2"
    assert [(each.technician.name, each.missing) for each in result.alternatives] == [("T1", [])]
    scores = [each.score for each in result.alternatives]
    assert scores[0] is not None
    assert result.reasons[0].startswith("10.0 km away, about 15 min each way: −5.0 points")


def test_a_nearer_technician_who_is_busy_for_days_is_looked_at_but_not_sent() -> None:
    busy = technician(1, km=1, planned_visits=[PlannedVisit(start=at(0), end=at(0, day=3))])
    for alternatives in (0, 3):
        result = chosen([busy, technician(2, km=5)], settings=DispatchSettings(alternatives=alternatives))
        assert result.technician is not None
        assert result.technician.name == "T2"


def test_equals_are_told_apart_the_same_way_every_time() -> None:
    crowd = [technician(number) for number in range(1, 9)]
    assert chosen(crowd) == chosen(crowd[::-1])


def test_long_work_is_split_and_says_so() -> None:
    result = chosen([technician()], duration_h=8.8)
    assert result.visit is not None
    assert result.visit.end - result.visit.start == timedelta(hours=4.4)
    assert "8.8 h of work are split: this is the first of 2 visits of 4.4 h" in result.reasons


@pytest.mark.parametrize(
    ("windows", "reason"),
    [
        ([], "there is no forecast for the site, so no hour can be called safe"),
        (
            [window(at(7), at(18), "unknown")],
            "the weather ahead is unknown, so no hour can be called safe",
        ),
        (
            [window(at(7), at(12), "stop"), window(at(12), at(18), "unknown")],
            "no hour ahead is safe: the forecast says stop or unknown",
        ),
        (
            [window(at(9), at(10)), window(at(10), at(18), "stop")],
            "the longest safe stretch ahead is 1.0 h, the visit needs 2.0 h",
        ),
        ([window(at(1), at(5))], "the forecast ends before anybody could depart"),
    ],
)
def test_without_a_safe_hour_nobody_is_sent_and_the_nearest_is_named(
    windows: list[Window], reason: str
) -> None:
    result = chosen(
        [technician(1, km=50), technician(2, km=5), technician(3, km=1, skills=[])], windows=windows
    )
    assert result.reasons[0] == reason
    assert [each.technician.name for each in result.alternatives] == ["T2", "T1", "T3"]
    assert missing(result) == [
        ["no free safe time"],
        ["no free safe time"],
        ["lacks inverter", "no free safe time"],
    ]


def test_an_empty_directory_is_an_answer() -> None:
    assert missing(chosen([])) == []
    assert chosen([]).reasons == ["no technician is registered"]


def test_a_deadline_at_night_names_the_first_visit_after_it() -> None:
    result = chosen([technician(km=0)], respond_by=at(7.5), now=at(3.5))
    assert missing(result) == [
        ["starts 0.5 h after the deadline"],
        ["outside the technician's working hours"],
    ]
    assert result.reasons == [
        "no technician with the skills is free for a safe visit of 2.0 h that starts by Mon 2 Mar 07:30",
        "closest: T1, 0 km away, Mon 2 Mar 08:00; starts 0.5 h after the deadline",
    ]


def test_a_deadline_that_no_safe_hour_precedes_binds_nobody_but_is_named() -> None:
    result = chosen([technician(km=0)], respond_by=at(6), now=at(2))
    assert start_of(result) == at(8)
    assert "starts 2.0 h after the deadline, Mon 2 Mar 06:00, before which no hour is safe" in result.reasons
    assert result.respond_by == at(6)


def test_a_skill_that_nobody_has_names_who_lacks_least() -> None:
    nearly = technician(2, km=80, skills=["inverter"])
    result = chosen([technician(1, skills=[]), nearly], skills=["inverter", "battery"])
    assert result.reasons[0] == "none of 2 technicians has all of: battery, inverter"
    [closest] = result.alternatives
    assert closest.technician.id == nearly.id
    assert closest.missing_skills == ["battery"]
    assert closest.missing == ["lacks battery"]


def test_two_conditions_are_waived_only_where_one_does_not_do() -> None:
    result = chosen([technician(km=0, skills=[])], respond_by=at(7.5), now=at(3.5))
    assert missing(result) == [
        ["starts 0.5 h after the deadline", "lacks inverter"],
        ["lacks inverter", "outside the technician's working hours"],
    ]


def test_distances_are_those_of_the_sphere() -> None:
    # A degree of latitude on a sphere of 6371.0088 km is 111.195 km; half the equator is π times the radius.
    assert great_circle_km(0, 0, 1, 0) == pytest.approx(111.195, abs=0.001)
    assert great_circle_km(0, 0, 0, 180) == pytest.approx(20015.115, abs=0.001)
    assert great_circle_km(10, 179.9, 10, -179.9) == pytest.approx(great_circle_km(10, 0.1, 10, -0.1))


moments = st.floats(min_value=0, max_value=96).map(at)
spans = st.tuples(moments, st.floats(min_value=0.25, max_value=30)).map(
    lambda pair: (pair[0], pair[0] + timedelta(hours=pair[1]))
)
windows = st.lists(
    st.tuples(spans, st.sampled_from(["go", "go", "caution", "stop", "unknown"])).map(
        lambda pair: Window(start=pair[0][0], end=pair[0][1], verdict=pair[1], reasons=[])
    ),
    max_size=12,
)
skill_sets = st.sets(st.sampled_from(["inverter", "battery", "high_voltage"]))
technicians = st.lists(
    st.builds(
        technician,
        number=st.integers(min_value=1, max_value=2**32),
        km=st.floats(min_value=0, max_value=120),
        skills=skill_sets.map(sorted),
        timezone=st.sampled_from(["Africa/Nairobi", "Europe/London", "Asia/Kathmandu"]),
        working_hours=st.builds(
            WorkingHours,
            weekdays=st.sets(st.integers(min_value=0, max_value=6), min_size=1).map(sorted),
            start=st.times(),
            end=st.times(),
        ),
        planned_visits=st.lists(spans.map(lambda span: PlannedVisit(start=span[0], end=span[1])), max_size=4),
        leave=st.lists(spans.map(lambda span: Leave(start=span[0], end=span[1])), max_size=2),
    ),
    max_size=6,
    unique_by=lambda each: each.id,
)
situations = st.fixed_dictionaries(
    {
        "skills": skill_sets,
        "windows": windows,
        "respond_by": st.none() | moments,
        "duration_h": st.floats(min_value=0.1, max_value=14),
        "schedule": st.just(Schedule()) | spans.map(lambda span: Schedule(earliest=span[0], latest=span[1])),
        "now": moments,
    }
)


def broken_conditions(who: Technician, visit: Visit, asked: dict[str, Any]) -> set[str]:
    """The conditions as one would check them by hand, minute by minute, without the engine's arithmetic."""
    travel = timedelta(
        hours=great_circle_km(SITE.latitude, SITE.longitude, who.base_latitude, who.base_longitude)
        / SETTINGS.travel_speed_km_h
    )
    away, back = visit.start - travel, visit.end + travel
    slack = timedelta(milliseconds=1)
    broken = set()
    if asked["skills"] - {skill_key(skill) for skill in who.skills}:
        broken.add("skills")
    if asked["respond_by"] and visit.start > asked["respond_by"]:
        broken.add("deadline")
    schedule = asked["schedule"]
    if schedule.earliest and (visit.start < schedule.earliest or visit.end > schedule.latest + slack):
        broken.add("schedule")
    if away < asked["now"] + timedelta(hours=SETTINGS.notice_h) - slack:
        broken.add("notice")
    if any(away + slack < busy.end and busy.start < back - slack for busy in who.planned_visits):
        broken.add("planned visits")
    if any(away + slack < gone.end and gone.start < back - slack for gone in who.leave):
        broken.add("leave")
    if not is_safe(visit.start, visit.end - slack, asked["windows"]):
        broken.add("weather")
    minute = timedelta(minutes=1)
    on_duty = [away + slack + n * minute for n in range(int((back - away) / minute))]
    if not all(is_at_work(moment, who) for moment in [*on_duty, back - slack]):
        broken.add("working hours")
    return broken


def safe_starts(length: timedelta, asked: dict[str, Any]) -> list[datetime]:
    """Every quarter of an hour up to the deadline at which a safe visit could start."""
    found, start = [], at(0)
    while start <= asked["respond_by"]:
        in_time = start >= asked["now"] + timedelta(hours=SETTINGS.notice_h)
        if in_time and is_safe(start, start + length, asked["windows"]):
            found.append(start)
        start += timedelta(minutes=15)
    return found


def is_safe(start: datetime, end: datetime, windows: list[Window]) -> bool:
    """What the windows say changes only at their edges, so it is enough to look there."""
    edges = [edge for each in windows for edge in (each.start, each.end) if start < edge < end]
    for moment in (start, *edges):
        here = {each.verdict for each in windows if each.start <= moment < each.end}
        if not here or not here <= {"go", "caution"}:
            return False
    return True


def is_at_work(moment: datetime, who: Technician) -> bool:
    local = moment.astimezone(ZoneInfo(who.timezone))
    hours, now = who.working_hours, local.time()
    today, yesterday = (local.weekday() in hours.weekdays, (local.weekday() - 1) % 7 in hours.weekdays)
    if hours.start < hours.end:
        return today and hours.start <= now < hours.end
    return (today and now >= hours.start) or (yesterday and now < hours.end)


@settings(max_examples=300, deadline=None)
@given(technicians, situations)
def test_no_visit_ever_breaks_a_condition_that_it_does_not_name(
    crowd: list[Technician], asked: dict[str, Any]
) -> None:
    result = chosen(crowd, **asked)
    known = {each.id: each for each in crowd}
    if result.technician is not None:
        assert result.visit is not None
        broken = broken_conditions(known[result.technician.id], result.visit, asked)
        assert broken <= {"deadline"}
        if broken:
            assert not safe_starts(result.visit.end - result.visit.start, asked)
    for candidate in result.alternatives:
        if candidate.visit is None:
            continue
        broken = broken_conditions(known[candidate.technician.id], candidate.visit, asked)
        assert broken <= {"skills", "deadline", "schedule", "working hours"}
        assert len(broken) == len(candidate.missing)
        if result.technician is not None:
            assert broken <= {"deadline"}
        else:
            assert broken


@settings(max_examples=100, deadline=None)
@given(technicians, situations)
def test_another_technician_never_makes_the_answer_worse(
    crowd: list[Technician], asked: dict[str, Any]
) -> None:
    if not crowd:
        return
    fewer, everyone = chosen(crowd[1:], **asked), chosen(crowd, **asked)
    if fewer.visit is not None:
        assert everyone.visit is not None
        assert (everyone.verdict, fewer.verdict) != ("caution", "go")


@settings(max_examples=100, deadline=None)
@given(technicians, situations)
def test_the_early_end_of_the_search_changes_nothing(crowd: list[Technician], asked: dict[str, Any]) -> None:
    result = chosen(crowd, **asked, settings=DispatchSettings(alternatives=0))
    exhaustive = chosen(crowd, **asked, settings=DispatchSettings(alternatives=100))
    assert (result.technician, result.visit) == (exhaustive.technician, exhaustive.visit)


def test_times_are_the_same_whatever_zone_they_are_given_in() -> None:
    here = chosen([technician()], respond_by=at(12), now=MONDAY)
    there = chosen([technician()], respond_by=at(12).astimezone(UTC), now=MONDAY.astimezone(UTC))
    assert here.visit == there.visit
