"""What the coming days hold that somebody should hear of, by day and by night."""

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

from nodes.weather.findings import Finding, Slot, reasons
from nodes.weather.thresholds import Kind, Severity, WindowThresholds
from state.weather import Alert

HEAVY_RAIN_RULE = "AMS glossary: heavy rain"


def alerts(slots: Sequence[Slot], thresholds: WindowThresholds, zone: tzinfo = UTC) -> list[Alert]:
    """One alert per kind and stretch without a gap; light rain and caution about wind alert nobody.

    Told by the clock of `zone`.
    """
    found = []
    for kind, stretch in _stretches(slots, thresholds):
        findings = [finding for _, of_slot in stretch for finding in of_slot]
        severity: Severity = "stop" if any(f.verdict == "stop" for f in findings) else "caution"
        found.append(
            Alert(
                kind=kind,
                severity=severity,
                start=stretch[0][0].start.astimezone(zone),
                end=stretch[-1][0].end.astimezone(zone),
                detail="; ".join(reasons(findings)),
                rule=HEAVY_RAIN_RULE if kind == "rain" else findings[0].rule,
            )
        )
    return sorted(found, key=lambda alert: (alert.start, alert.kind))


_Stretch = list[tuple[Slot, list[Finding]]]


def _stretches(slots: Sequence[Slot], thresholds: WindowThresholds) -> Iterator[tuple[Kind, _Stretch]]:
    """Slots on end with what in them is worth an alert of one kind."""
    open_: dict[Kind, _Stretch] = {}
    for slot in slots:
        worth: dict[Kind, list[Finding]] = {}
        for finding in slot.findings:
            if finding.kind is not None and _worth_an_alert(finding, thresholds):
                worth.setdefault(finding.kind, []).append(finding)
        for kind, findings in worth.items():
            stretch = open_.get(kind)
            if stretch is not None and stretch[-1][0].end == slot.start:
                stretch.append((slot, findings))
                continue
            if stretch is not None:
                yield kind, stretch
            open_[kind] = [(slot, findings)]
    yield from open_.items()


def _worth_an_alert(finding: Finding, thresholds: WindowThresholds) -> bool:
    if finding.kind == "rain":
        return finding.value is not None and finding.value >= thresholds.heavy_rain_mm
    return finding.verdict == "stop" or (
        finding.kind == "heat" and finding.at_least >= thresholds.heat_alert_f
    )
