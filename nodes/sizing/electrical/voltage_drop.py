"""Voltage lost along the cables whose length is known."""

import math
from collections.abc import Sequence

from nodes.sizing.checks import at_most, not_evaluated
from nodes.sizing.design import Design
from nodes.sizing.electrical.ac import THREE_PHASE_FROM_V, output_current
from nodes.sizing.electrical.cables import TABLES
from nodes.sizing.electrical.conductors import COPPER
from nodes.sizing.electrical.standards import RULES
from state.equipment import Electrical
from state.sizing import Check, Conductor

RECOMMENDED_PERCENT = 3.0
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


def resistance(mm2: float, length: float) -> float:
    """Of one copper conductor of that cross-section [mm²] and `length` [m] at 75 °C [Ω]."""
    warm = RESISTIVITY_20 * (1.0 + TEMPERATURE_COEFFICIENT * (CONDUCTOR_TEMPERATURE - 20.0))
    return warm * length / (mm2 * 1e-6)


def drop_percent(
    mm2: float, length: float, current: float, voltage: float, *, three_phase: bool = False
) -> float:
    """Of `voltage` [V] along a cable of `length` [m], there and back, at `current` [A] [%]."""
    loop = math.sqrt(3.0) if three_phase else 2.0
    return 100.0 * loop * resistance(mm2, length) * current / voltage


def voltage_drop_checks(
    design: Design, conductors: Sequence[Conductor], electrical: Electrical
) -> list[Check]:
    """Percent of the voltage lost at rated power, in the longest-wired string and in the inverter's output."""
    sizes = {each.circuit: each for each in conductors}
    inverter = design.inverter
    service = electrical.service_voltage_v or inverter.ac_voltage_v
    return [
        _drop(
            "dc_voltage_drop",
            electrical,
            electrical.dc_cable_m,
            sizes.get("pv_source"),
            design.module.i_mp_a,
            design.shortest * design.module.v_mp_v,
        ),
        _drop(
            "ac_voltage_drop",
            electrical,
            electrical.ac_cable_m,
            sizes.get("inverter_output"),
            output_current(inverter, electrical.service_voltage_v),
            service,
            three_phase=(inverter.ac_voltage_v or service or 0.0) >= THREE_PHASE_FROM_V,
        ),
    ]


def _drop(
    check_id: str,
    electrical: Electrical,
    length: float | None,
    conductor: Conductor | None,
    current: float | None,
    voltage: float | None,
    *,
    three_phase: bool = False,
) -> Check:
    rule = RULES[electrical.standard]["voltage_drop"].clause
    size = None if conductor is None else _mm2(conductor)
    if length is None or size is None or current is None or voltage is None:
        missing = "the cable's length" if length is None else "its conductor, current or voltage"
        return not_evaluated(check_id, rule, "%", f"{missing} is not known", limit=RECOMMENDED_PERCENT)
    lost = drop_percent(size, length, current, voltage, three_phase=three_phase)
    size_name = f"{_name(conductor)} copper at {CONDUCTOR_TEMPERATURE:g} °C"
    detail = f"{lost * voltage / 100.0:.1f} V over {length:g} m of {size_name}"
    if lost > RECOMMENDED_PERCENT:
        enough = _thicker(electrical, conductor, size * lost / RECOMMENDED_PERCENT)
        detail += f"; {enough} would keep within it" if enough else "; no single size of the table would do"
    return at_most(check_id, rule, lost, RECOMMENDED_PERCENT, "%", detail, otherwise="warn")


def _mm2(conductor: Conductor) -> float | None:
    return conductor.mm2 if conductor.awg is None else area_mm2(conductor.awg)


def _name(conductor: Conductor | None) -> str:
    if conductor is None:
        return ""
    return f"{conductor.mm2:g} mm²" if conductor.awg is None else f"{conductor.awg} AWG"


def _thicker(electrical: Electrical, conductor: Conductor | None, mm2: float) -> str | None:
    if electrical.standard == "iec_62548" and conductor is not None:
        cables = TABLES[conductor.circuit].cables
        return next((f"{each.mm2:g} mm²" for each in cables if each.mm2 >= mm2), None)
    return next((f"{each.awg} AWG" for each in COPPER if area_mm2(each.awg) >= mm2), None)
