"""When one may work: judged slots in daylight and working hours, merged into windows."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.pv.solar_position import solar_position
from nodes.weather.findings import SLOT, Finding, Slot, reasons
from nodes.weather.thresholds import Kind, WindowThresholds
from state.site import Site
from state.weather import Alert, Verdict, Window

HORIZON = timedelta(days=7)

_SLOTS = HORIZON // SLOT + 2

_DISC_HALF = 0.833
"""Depth of the sun's centre below the horizon when its rim is on it. [°]"""


def work_windows(
    slots: Sequence[Slot],
    site: Site,
    now: datetime,
    thresholds: WindowThresholds,
    *,
    missing: str | None = None,
    official: Sequence[Alert] = (),
) -> list[Window]:
    """Slots of the coming days, in daylight and working hours at the site, merged where they are alike.

    Told by the site's clock. With a reason in `missing` the hours that no slot covers are windows too: unknown, for
    that reason. `official` are the warnings of authorities, which count for all of them.
    """
    judged = {slot.start: slot for slot in slots}
    starts = _workable(site, now, thresholds)
    if missing is None:
        covered = [judged[start] for start in starts if start in judged]
    else:
        unknown = (Finding(None, "unknown", "no forecast", None, "", missing),)
        covered = [judged.get(start) or Slot(start, unknown) for start in starts]
    return [_window(group, zone_of(site)) for group in _alike(warned(covered, official))]


def zone_of(site: Site) -> ZoneInfo:
    """The site's clock."""
    return ZoneInfo(site.timezone or "UTC")


def warned(slots: Sequence[Slot], official: Sequence[Alert]) -> list[Slot]:
    """The slots with what an authority's warnings add to them; they take nothing away."""
    if not official:
        return list(slots)
    return [
        Slot(
            slot.start,
            (
                *slot.findings,
                *(_finding(alert) for alert in official if alert.start < slot.end and slot.start < alert.end),
            ),
        )
        for slot in slots
    ]


def _finding(alert: Alert) -> Finding:
    kind = None if alert.kind == "other" else alert.kind
    return Finding(kind, alert.severity, alert.event or alert.detail, None, "", alert.rule)


def _workable(site: Site, now: datetime, thresholds: WindowThresholds) -> list[datetime]:
    """Starts of the slots to come that lie in daylight and in working hours, in order."""
    zone = zone_of(site)
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    edges = np.datetime64(first.replace(tzinfo=None), "us") + np.arange(_SLOTS + 1) * np.timedelta64(SLOT)
    up = solar_position(edges, site.latitude, site.longitude).zenith < 90.0 + _DISC_HALF
    light = (up[:-1] & up[1:]).tolist()
    today = first.astimezone(zone).date()
    found: list[datetime] = []
    for day in (today + timedelta(days=number) for number in range(HORIZON.days + 2)):
        opens, closes = (
            datetime.combine(day, clock, zone).astimezone(UTC)
            for clock in (thresholds.work_start, thresholds.work_end)
        )
        begin, end = -((first - max(opens, now)) // SLOT), (closes - first) // SLOT
        found += [first + number * SLOT for number in range(begin, min(end, _SLOTS)) if light[number]]
    return found


def _alike(slots: Iterable[Slot]) -> list[list[Slot]]:
    """Runs of slots without a gap, of one verdict for the same reasons."""
    groups: list[list[Slot]] = []
    before = None
    for slot in slots:
        kinds = _kinds(slot)
        if groups and groups[-1][-1].end == slot.start and before == kinds:
            groups[-1].append(slot)
        else:
            groups.append([slot])
        before = kinds
    return groups


_Kinds = tuple[Verdict, frozenset[tuple[Kind | None, Verdict]]]
_NOTHING: _Kinds = ("go", frozenset())


def _kinds(slot: Slot) -> _Kinds:
    if not slot.findings:
        return _NOTHING
    return slot.verdict, frozenset((finding.kind, finding.verdict) for finding in slot.findings)


def _window(slots: Sequence[Slot], zone: ZoneInfo) -> Window:
    findings = [finding for slot in slots for finding in slot.findings]
    return Window(
        start=slots[0].start.astimezone(zone),
        end=slots[-1].end.astimezone(zone),
        verdict=slots[0].verdict,
        reasons=reasons(findings),
    )
