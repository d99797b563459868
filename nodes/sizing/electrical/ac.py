"""The loads' and the grid's side of the inverter: power, surge, output circuit, connection to the panel."""

import math

from nodes.sizing.checks import at_least, at_most, not_evaluated
from nodes.sizing.design import Design
from nodes.sizing.electrical.circuits import circuit
from nodes.sizing.electrical.interconnection import connect
from state.equipment import Electrical, InverterDatasheet
from state.sizing import Check, Conductor, Interconnection

VOLTAGE_TOLERANCE = 0.10
THREE_PHASE_FROM_V = 379.0
"""A rated AC voltage above it is one between phases; a job does not say how many there are."""


def output_current(inverter: InverterDatasheet, service_voltage: float | None) -> float | None:
    """Continuous output current of one inverter [A]: as stated, else its power over its voltage."""
    if inverter.ac_current_max_a is not None:
        return inverter.ac_current_max_a
    voltage = inverter.ac_voltage_v or service_voltage
    if voltage is None:
        return None
    phases = math.sqrt(3.0) if voltage >= THREE_PHASE_FROM_V else 1.0
    return inverter.pac_w / (phases * voltage)


def backup_checks(design: Design, peak_power: float | None, surge_power: float | None) -> list[Check]:
    """Whether the inverters carry and start the loads that may run without the grid."""
    surge = design.inverter.surge_w
    return [
        at_least(
            "inverter_power",
            "inverter datasheet, power without the grid ≥ all loads at once",
            design.backup_pac0,
            peak_power,
            "W",
            f"{design.inverters} × {design.backup_pac0 / design.inverters:g} W for the loads that must run without "
            "the grid",
            missing="the peak power of the loads is not known",
        ),
        at_least(
            "inverter_surge",
            "inverter datasheet, surge power ≥ all loads and the worst start",
            None if surge is None else surge * design.inverters,
            surge_power,
            "W",
            "every load running while the heaviest starter starts",
            missing="the inverter's datasheet gives no surge power"
            if surge is None
            else "the starting power of the loads is not known",
        ),
    ]


def ac_checks(
    design: Design, electrical: Electrical, *, grid: bool
) -> tuple[list[Check], list[Conductor], Interconnection | None]:
    """The output circuit and its connection; `grid` is whether there is a panel to feed."""
    current = output_current(design.inverter, electrical.service_voltage_v)
    checks = [_voltage(design.inverter, electrical)]
    conductors: list[Conductor] = []
    if current is not None:
        conductors.append(circuit(electrical, "inverter_output", current, design.site.temp_max))
    if not grid:
        return checks, conductors, None
    if electrical.standard != "nec_2023":
        reason = "705.12 is a rule of the NEC; the national rule for feeding in was not read"
        checks.append(not_evaluated("interconnection", "national connection rules", "A", reason))
        return checks, conductors, None
    interconnection, check = connect(electrical, current, design.inverters)
    return [*checks, check], conductors, interconnection


def _voltage(inverter: InverterDatasheet, electrical: Electrical) -> Check:
    service, rated = electrical.service_voltage_v, inverter.ac_voltage_v
    if service is None and electrical.dwelling and (rated or 0.0) >= THREE_PHASE_FROM_V:
        return at_most(
            "ac_voltage",
            "a home without a stated service voltage is taken to have one phase",
            rated,
            THREE_PHASE_FROM_V,
            "V",
            "a three-phase inverter",
            otherwise="warn",
        )
    known = service is not None and rated is not None
    return at_most(
        "ac_voltage",
        f"inverter datasheet, AC voltage within {VOLTAGE_TOLERANCE:.0%} of the service voltage",
        abs((rated or 0.0) - (service or 0.0)) if known else None,
        VOLTAGE_TOLERANCE * (service or 0.0) if known else None,
        "V",
        f"inverter {rated or 0:g} V, service {service or 0:g} V",
        missing="the service voltage or the inverter's AC voltage is not given",
    )
