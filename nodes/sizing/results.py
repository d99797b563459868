"""The parts of a result that come from the simulated year, rounded as they are shown."""

from collections.abc import Sequence

from core.pv.simulate import EnergyYear
from nodes.sizing.array import UNSERVED_LIMIT, UNSERVED_TARGET
from nodes.sizing.checks import at_most
from nodes.sizing.demand import Load
from nodes.sizing.design import Design
from nodes.sizing.generator import generator_for
from nodes.sizing.tables import Horizon
from nodes.sizing.uncertainty import combined_percent, p90
from nodes.sizing.year_flows import YearFlows
from state.equipment import RoofPlane
from state.job import SystemType
from state.losses import UncertaintyComponent
from state.sizing import ArrayResult, Check, Energy, PlaneLayout

UNSERVED_CHECK = "unserved_energy"


def array_result(design: Design, planes: Sequence[RoofPlane], produced: EnergyYear) -> ArrayResult:
    used = [plane for plane in planes if design.modules_on(plane.name) > 0]
    return ArrayResult(
        module=design.module,
        modules=design.modules,
        pdc0_w=design.pdc0,
        strings=design.strings,
        planes=[
            PlaneLayout(
                name=plane.name,
                surface_tilt=plane.surface_tilt,
                surface_azimuth=plane.surface_azimuth,
                mount=plane.mount,
                modules=design.modules_on(plane.name),
                pdc0_w=design.modules_on(plane.name) * design.module.p_mp_w,
                poa_annual_kwh_m2=round(float(poa.sum()) / 1000.0, 1),
            )
            for plane, poa in zip(used, produced.poa_global, strict=True)
        ],
    )


def energy_result(
    system_type: SystemType,
    produced: EnergyYear,
    flows: YearFlows,
    load: Load | None,
    *,
    causes: Sequence[UncertaintyComponent],
    span: Horizon,
) -> Energy:
    """Energy of the first year, how sure it is, and what later years leave of it."""
    annual = produced.ac_annual_kwh
    known = load is not None
    spread = combined_percent(causes)
    ratio = produced.performance_ratio
    return Energy(
        ac_annual_kwh=round(annual, 1),
        ac_monthly_kwh=[round(float(kwh), 1) for kwh in produced.ac_monthly_kwh],
        poa_annual_kwh_m2=round(produced.poa_annual_kwh_m2, 1),
        poa_monthly_kwh_m2=[round(float(kwh), 1) for kwh in produced.poa_monthly_kwh_m2],
        specific_yield_kwh_per_kwp=round(produced.specific_yield_kwh_per_kwp, 1),
        performance_ratio=None if ratio is None else round(ratio, 4),
        capacity_factor=round(produced.capacity_factor, 4),
        losses={stage: round(percent, 2) for stage, percent in produced.losses.items()},
        self_consumption=_share(flows.self_consumption) if known else None,
        self_sufficiency=_share(flows.self_sufficiency) if known else None,
        unserved_kwh=_kwh(flows.unserved) if system_type == "off_grid" else 0.0 if known else None,
        export_kwh=_kwh(flows.export),
        p50_annual_kwh=round(annual, 1),
        p90_annual_kwh=round(p90(annual, spread), 1),
        uncertainty_percent=round(spread, 2),
        uncertainties=list(causes),
        degradation_percent_per_year=round(100.0 * span.degradation_per_year, 3),
        ac_by_year_kwh=[
            round(annual * (1.0 - span.degradation_per_year) ** past, 1) for past in range(span.years)
        ],
        demand_kwh=_kwh(flows.load) if known else None,
        grid_import_kwh=_kwh(flows.grid_import) if known else None,
        curtailed_kwh=_kwh(flows.curtailed),
        battery_cycles=None if flows.cycles is None else round(flows.cycles, 1),
        grid_charge_kwh=_kwh(flows.grid_charge) if flows.usable_energy and known else None,
        hours_unserved=flows.hours_unserved if system_type == "off_grid" and known else None,
        generator=generator_for(flows, load) if system_type == "off_grid" and load is not None else None,
    )


def unserved_check(system_type: SystemType, flows: YearFlows, load: Load | None) -> list[Check]:
    """Whether an off-grid year is served; nothing to check where the grid does."""
    if system_type != "off_grid" or load is None:
        return []
    beyond = flows.unserved > UNSERVED_LIMIT * load.annual_energy
    return [
        at_most(
            UNSERVED_CHECK,
            f"at most {UNSERVED_TARGET:.0%} of the yearly demand unserved (setting); "
            f"infeasible above {UNSERVED_LIMIT:.0%} (as by HOMER's capacity shortage)",
            flows.unserved / 1000.0,
            (UNSERVED_LIMIT if beyond else UNSERVED_TARGET) * load.annual_energy / 1000.0,
            "kWh",
            "hour by hour over the typical year, the battery full at its start",
            otherwise="fail" if beyond else "warn",
        ),
    ]


def _kwh(watt_hours: float) -> float:
    return round(max(0.0, watt_hours) / 1000.0, 1)


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
