"""Energy and money lost per day until it is repaired."""

from collections.abc import Sequence

from nodes.triage.findings import Finding
from nodes.triage.knowledge import modes
from nodes.triage.production import ExpectedProduction
from nodes.triage.ranking import Ranked
from state.triage import EnergyLoss


def worst_share(findings: Sequence[Finding]) -> float:
    """The largest share of the production that any evidence says is lost, 0 to 1: what urgency is judged by.

    What was lost here before is not lost now.
    """
    present = (finding for finding in findings if finding.source != "history")
    return max((share for f in present if (share := _share(f)) is not None), default=0.0)


def _share(finding: Finding) -> float | None:
    if finding.lost_share is not None:
        return finding.lost_share
    return modes()[finding.mode].lost_share if finding.mode else None


def energy_loss(
    findings: Sequence[Finding],
    ranked: Sequence[Ranked],
    production: ExpectedProduction | None,
    tariff_per_kwh: float | None,
    currency: str,
) -> EnergyLoss | None:
    """Loss per day: the measured share where power or currents were measured, else what the failure usually takes.

    None where the expected production is not known: a share of nothing known is not a number.
    """
    share = _measured_share(findings)
    says = "measured share"
    if share is None:
        if not ranked or ranked[0].mode is None:
            return None
        share, says = ranked[0].mode.lost_share, "share that this failure usually takes"
    if production is None:
        return None
    lost = share * production.kwh_per_day
    cost = None if tariff_per_kwh is None else round(lost * tariff_per_kwh, 2)
    price = "" if tariff_per_kwh is None else f", at {tariff_per_kwh:g} {currency}/kWh"
    basis = f"{says} {share:.0%} of {production.kwh_per_day:.1f} kWh a day ({production.basis}){price}"
    return EnergyLoss(kwh_per_day=round(lost, 2), cost_per_day=cost, basis=basis)


def _measured_share(findings: Sequence[Finding]) -> float | None:
    shares = [f.lost_share for f in findings if f.source == "measurement" and f.lost_share is not None]
    if shares:
        return max(shares)
    return 0.0 if any("underperformance" in f.clears for f in findings if f.source == "measurement") else None
