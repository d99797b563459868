"""What a reader must know beside the numbers: what was taken as given, and what to be careful about."""

from collections.abc import Sequence

from nodes.sizing.dc_model import told_of
from nodes.sizing.demand import Load
from nodes.sizing.equipment import title
from nodes.sizing.generator import generator_hint
from nodes.sizing.ranking import BY
from nodes.sizing.selection import Choice
from nodes.sizing.storage_result import bank_assumptions
from nodes.sizing.year_flows import YearFlows
from nodes.sizing.yields import DEFAULT_ETA_INV
from state.job import JobInput
from state.sizing import Check
from state.weather import Resource


def assumptions_of(job: JobInput, choice: Choice, resource: Resource, used: str | None) -> list[str]:
    """Everything the result rests on that the job did not say; `used` is how the battery is run."""
    chosen, design = choice.best, choice.best.design
    spread = f"±{resource.uncertainty_percent:g} %, taken as one standard deviation"
    told = [
        f"Array sized for {choice.target.basis}.",
        f"Climate: {resource.source} ({resource.quality}, {spread}).",
        f"System losses {job.array.system_losses_percent:.3g} %, albedo {job.array.albedo:g}.",
        *told_of(design.module, design.inverter, job.array),
    ]
    if job.equipment.module is None:
        told.append(f"Module chosen from the catalogue: {title(design.module)}.")
    if job.equipment.inverter is None:
        told.append(f"Inverter chosen from the catalogue: {title(design.inverter)}.")
    if choice.considered:
        told.append(
            f"{choice.considered} combinations of module, inverter and string were considered, {choice.fitting} fit; "
            f"ranked by {BY[job.array.objective]}."
        )
    if design.inverter.efficiency_pct is None:
        told.append(
            f"The inverter's datasheet gives no efficiency; {DEFAULT_ETA_INV:.0%} is taken for its yield."
        )
    if design.inverters > 1 and chosen.bank is not None:
        told.append("Several battery inverters work in parallel; their datasheet must allow it.")
    if chosen.bank is not None:
        if job.equipment.battery is None:
            told.append(f"Battery chosen from the catalogue: {title(chosen.bank.battery)}.")
        told += bank_assumptions(job, chosen.bank, used)
    if job.electrical.standard == "nec_2023":
        told.append(
            "Conductors: copper, 90 °C insulation on 75 °C terminals, raceways clear of the roof, "
            f"{job.electrical.conduit_conductors} current-carrying conductors together."
        )
    else:
        told.append(
            "Cables: strings H1Z2Z2-K, both conductors side by side on a surface (EN 50618), which bear their stated "
            "current at 120 °C, so what they end in must too; the inverter's output PVC, three loaded conductors in "
            "conduit on a wall (IEC 60364-5-52, B2)."
        )
    return told


def warnings_of(
    job: JobInput, checks: Sequence[Check], resource: Resource, flows: YearFlows, load: Load | None
) -> list[str]:
    """What failed first, then what to watch, then what nobody could check."""
    told = [f"Infeasible: {check.rule}: {_against(check)}." for check in checks if check.status == "fail"]
    told += [f"{check.rule}: {_against(check)}." for check in checks if check.status == "warn"]
    if resource.quality == "screening":
        told.append(
            f"The climate is a screening model (±{resource.uncertainty_percent:g} %): have a measured or "
            "satellite year before signing."
        )
    known = resource.design_temperatures
    if job.electrical.design_temp_min_c is None and known is not None and known.approximation:
        told.append(f"Lowest temperature: {known.approximation}.")
    unknown = [check.id for check in checks if check.status == "not_evaluated"]
    if unknown:
        told.append(f"Not evaluated, for want of data: {', '.join(unknown)}.")
    if job.system_type == "off_grid" and load is not None and (hint := generator_hint(flows, load)):
        told.append(hint)
    return told


def _against(check: Check) -> str:
    return f"{check.value:g} against {check.limit:g} {check.unit}, {check.detail}"
