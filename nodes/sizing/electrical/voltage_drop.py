"""Voltage lost along the cables whose length is known."""

import math
from collections.abc import Sequence

from nodes.sizing.checks import at_most, not_evaluated
from nodes.sizing.design import Design
from nodes.sizing.electrical.ac import THREE_PHASE_FROM_V, output_current
from state.equipment import Electrical
from state.sizing import Check, Conductor

RECOMMENDED_PERCENT = 3.0
"""A recommendation of the NEC's informational notes, not a rule (voltagelab.com, Table 310.16 guide)."""
RESISTIVITY_20, TEMPERATURE_COEFFICIENT = 1.7241e-8, 0.00393
"""Annealed copper of 100 % IACS at 20 °C (IEC 60028). [Ωm], [1/°C]"""
CONDUCTOR_TEMPERATURE = 75.0
KCMIL_MM2 = 0.506707


def area_mm2(awg: str) -> float:
    """Cross-section of a size of the ampacity table: by the definition of the gauge (ASTM B258), or of the mil."""
    if awg.endswith("kcmil"):
        return float(awg.removesuffix("kcmil")) * KCMIL_MM2
    number = 1 - int(awg.removesuffix("/0")) if awg.endswith("/0") else int(awg)
    diameter = 0.127 * math.pow(92.0, (36 - number) / 39.0)
    return math.pi / 4.0 * diameter * diameter


def resistance(awg: str, length: float) -> float:
    """Of one copper conductor of `length` [m] at 75 °C [Ω]."""
    warm = RESISTIVITY_20 * (1.0 + TEMPERATURE_COEFFICIENT * (CONDUCTOR_TEMPERATURE - 20.0))
    return warm * length / (area_mm2(awg) * 1e-6)


def voltage_drop_checks(
    design: Design, conductors: Sequence[Conductor], electrical: Electrical
) -> list[Check]:
    """Percent of the voltage lost at rated power, in the longest-wired string and in the inverter's output."""
    sizes = {each.circuit: each.awg for each in conductors}
    inverter = design.inverter
    service = electrical.service_voltage_v or inverter.ac_voltage_v
    three_phase = (inverter.ac_voltage_v or service or 0.0) >= THREE_PHASE_FROM_V
    return [
        _drop(
            "dc_voltage_drop",
            electrical.dc_cable_m,
            sizes.get("pv_source"),
            design.module.i_mp_a,
            design.shortest * design.module.v_mp_v,
            conductors_in_loop=2.0,
        ),
        _drop(
            "ac_voltage_drop",
            electrical.ac_cable_m,
            sizes.get("inverter_output"),
            output_current(inverter, electrical.service_voltage_v),
            service,
            conductors_in_loop=math.sqrt(3.0) if three_phase else 2.0,
        ),
    ]


def _drop(
    check_id: str,
    length: float | None,
    awg: str | None,
    current: float | None,
    voltage: float | None,
    *,
    conductors_in_loop: float,
) -> Check:
    rule = f"NEC informational notes, {RECOMMENDED_PERCENT:g} % recommended"
    if length is None or awg is None or current is None or voltage is None:
        missing = "the cable's length" if length is None else "its conductor, current or voltage"
        return not_evaluated(check_id, rule, "%", f"{missing} is not known", limit=RECOMMENDED_PERCENT)
    lost = conductors_in_loop * resistance(awg, length) * current
    return at_most(
        check_id,
        rule,
        100.0 * lost / voltage,
        RECOMMENDED_PERCENT,
        "%",
        f"{lost:.1f} V over {length:g} m of {awg} AWG copper at {CONDUCTOR_TEMPERATURE:g} °C",
        otherwise="warn",
    )
