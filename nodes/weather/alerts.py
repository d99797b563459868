"""What the coming days hold that somebody should hear of, by day and by night."""

from collections.abc import Iterator, Sequence

from nodes.weather.findings import Finding, Slot, reasons
from nodes.weather.thresholds import Kind, Severity, WindowThresholds
from state.weather import Alert

HEAVY_RAIN_RULE = "AMS glossary: heavy rain"


def alerts(slots: Sequence[Slot], thresholds: WindowThresholds) -> list[Alert]:
    """One alert per kind and stretch without a gap; light rain and caution about wind alert nobody."""
    found = []
    slots = [slot for slot in slots if slot.findings]
    for kind in ("wind", "thunderstorm", "ice", "heat", "rain"):
        for stretch in _stretches(slots, kind, thresholds):
            findings = [finding for _, of_slot in stretch for finding in of_slot]
            severity: Severity = "stop" if any(f.verdict == "stop" for f in findings) else "caution"
            found.append(
                Alert(
                    kind=kind,
                    severity=severity,
                    start=stretch[0][0].start,
                    end=stretch[-1][0].end,
                    detail="; ".join(reasons(findings)),
                    rule=HEAVY_RAIN_RULE if kind == "rain" else findings[0].rule,
                )
            )
    return sorted(found, key=lambda alert: (alert.start, alert.kind))


def _stretches(
    slots: Sequence[Slot], kind: Kind, thresholds: WindowThresholds
) -> Iterator[list[tuple[Slot, list[Finding]]]]:
    stretch: list[tuple[Slot, list[Finding]]] = []
    for slot in slots:
        worth = [f for f in slot.findings if f.kind == kind and _worth_an_alert(f, thresholds)]
        if worth and (not stretch or stretch[-1][0].end == slot.start):
            stretch.append((slot, worth))
            continue
        if stretch:
            yield stretch
        stretch = [(slot, worth)] if worth else []
    if stretch:
        yield stretch


def _worth_an_alert(finding: Finding, thresholds: WindowThresholds) -> bool:
    if finding.kind == "rain":
        return finding.value is not None and finding.value >= thresholds.heavy_rain_mm
    return finding.verdict == "stop" or (
        finding.kind == "heat" and finding.at_least >= thresholds.heat_alert_f
    )
