"""The array's side of the inverter: voltages in the cold and the heat, currents per input, string fuses."""

from nodes.sizing.checks import at_least, at_most, not_evaluated
from nodes.sizing.design import Design
from nodes.sizing.electrical.circuits import circuit
from nodes.sizing.electrical.conductors import next_standard_size
from nodes.sizing.electrical.iec_62548 import FUSE_LEAST, FUSE_MOST
from nodes.sizing.electrical.rules import (
    CONTINUOUS_FACTOR,
    IRRADIANCE_FACTOR,
    Rule,
    RuleTable,
    Standard,
    named,
)
from nodes.sizing.electrical.standards import RULES
from nodes.sizing.strings import building_limit
from state.equipment import Electrical, ModuleDatasheet
from state.sizing import Check, Conductor

UNKNOWN_COLD = "the lowest expected ambient temperature is not known yet"


def dc_checks(design: Design, electrical: Electrical) -> list[Check]:
    """Every check of the DC side, in the order an inspector reads them."""
    rules = RULES[electrical.standard]
    return [
        *_cold_voltage(design, electrical, rules),
        *_operating_window(design, rules),
        *_input_currents(design, rules),
        _string_fuse(design, electrical, rules),
    ]


def _cold_voltage(design: Design, electrical: Electrical, rules: RuleTable) -> list[Check]:
    module, inverter, at = design.module, design.inverter, design.voltages
    cold = None if at.v_oc_cold is None else design.longest * at.v_oc_cold
    building = building_limit(electrical.standard, dwelling=electrical.dwelling)
    how = f"{design.longest} modules in series"
    if cold is not None and design.site.temp_min is not None:
        how += f", {at.v_oc_cold:.2f} V each at {design.site.temp_min:g} °C by the datasheet's coefficient"
    if design.site.temp_min_approximation:
        how += f"; {design.site.temp_min_approximation}"
    maximum, system = rules["max_voltage"], rules["module_system_voltage"]
    checks = [
        at_most(
            *named(maximum),
            cold,
            building,
            "V",
            f"{how}; limit of {'a dwelling' if electrical.dwelling else 'other buildings'}",
            missing=UNKNOWN_COLD if cold is None else maximum.formula,
        ),
        at_most(
            *named(rules["inverter_max_voltage"]),
            cold,
            inverter.vdc_max_v,
            "V",
            how,
            missing=UNKNOWN_COLD if cold is None else "the inverter's datasheet gives no maximum DC voltage",
        ),
        at_most(
            *named(system),
            cold,
            module.max_system_voltage_v,
            "V",
            how,
            missing=UNKNOWN_COLD
            if cold is None
            else "the module's datasheet gives no maximum system voltage",
        ),
    ]
    if "table_voltage" in rules:
        checks.append(_table_cross_check(design, building, rules["table_voltage"]))
    return checks


def _table_cross_check(design: Design, building: float | None, rule: Rule) -> Check:
    """The coefficient is the code value; the table is cruder, and a second opinion."""
    at = design.voltages
    limits = [v for v in (design.inverter.vdc_max_v, design.module.max_system_voltage_v, building) if v]
    if design.site.temp_min is not None and at.v_oc_table is None:
        return not_evaluated(*named(rule), "V", "the table ends at −40 °C")
    return at_most(
        *named(rule),
        None if at.v_oc_table is None else design.longest * at.v_oc_table,
        min(limits, default=None),
        "V",
        "crystalline silicon by the table; 690.7(A)(1), the coefficient, decides where a datasheet gives one",
        otherwise="warn",
        missing=UNKNOWN_COLD,
    )


def _operating_window(design: Design, rules: RuleTable) -> list[Check]:
    inverter, at = design.inverter, design.voltages
    hot = design.shortest * at.v_mp_hot
    cell = f"{design.shortest} modules in series, cells at {design.site.temp_cell_hot:.0f} °C"
    if design.module.beta_vmp_pct_per_c is None:
        cell += "; the datasheet has no β_vmp, γ_pmp stands in"
    cold = None if at.v_mp_cold is None else design.longest * at.v_mp_cold
    return [
        at_least(
            *named(rules["mppt_window_hot"]),
            hot,
            inverter.mppt_min_v,
            "V",
            cell,
            missing="the inverter's datasheet gives no lowest MPPT voltage",
        ),
        at_most(
            *named(rules["mppt_window_cold"]),
            cold,
            inverter.mppt_max_v,
            "V",
            "above it the inverter leaves the maximum power point; no harm below its maximum voltage",
            otherwise="warn",
            missing=UNKNOWN_COLD
            if cold is None
            else "the inverter's datasheet gives no highest MPPT voltage",
        ),
        at_least(
            *named(rules["start_voltage"]),
            hot,
            inverter.v_start_v,
            "V",
            f"{cell}; it starts on open-circuit voltage, {design.shortest * at.v_oc_hot:.0f} V then",
            otherwise="fail" if design.shortest * at.v_oc_hot < (inverter.v_start_v or 0.0) else "warn",
            missing="the inverter's datasheet gives no start voltage",
        ),
    ]


def _input_currents(design: Design, rules: RuleTable) -> list[Check]:
    module, inverter, parallel = design.module, design.inverter, design.most_parallel
    nameplate = parallel * module.i_sc_a
    rating = inverter.isc_max_per_mppt_a
    inputs = None if inverter.mppt_count is None else inverter.mppt_count * design.inverters
    return [
        at_most(
            *named(rules["mppt_inputs"]),
            float(design.last_input),
            None if inputs is None else float(inputs),
            "inputs",
            "inputs used, counted through all inverters",
            missing="the inverter's datasheet gives no number of MPPT inputs",
        ),
        at_most(
            *named(rules["mppt_short_circuit_current"]),
            IRRADIANCE_FACTOR * nameplate,
            rating,
            "A",
            f"{parallel} string(s) in parallel, 1.25 × {module.i_sc_a:g} A each: the rating is an absolute "
            f"maximum; at standard test conditions {nameplate:.1f} A",
            otherwise="fail" if rating is not None and nameplate > rating else "warn",
            missing="the inverter's datasheet gives no maximum short-circuit current",
        ),
        at_most(
            *named(rules["mppt_operating_current"]),
            parallel * module.i_mp_a,
            inverter.idc_max_per_mppt_a,
            "A",
            "above it the inverter limits the current and energy is lost at high sun",
            otherwise="warn",
            missing="the inverter's datasheet gives no maximum operating current",
        ),
        at_most(
            *named(rules["inverter_dc_power"]),
            design.pdc0 / design.inverters,
            inverter.pdc_max_w,
            "W",
            "nameplate of the array per inverter",
            missing="the inverter's datasheet gives no maximum array power",
        ),
    ]


def fuse_required(design: Design) -> bool | None:
    """Whether strings in parallel can push more into a faulty one than its modules bear; None if unknown."""
    backfeed = (design.most_parallel - 1) * IRRADIANCE_FACTOR * design.module.i_sc_a
    if design.module.max_series_fuse_a is None:
        return False if backfeed <= 0 else None
    return backfeed > design.module.max_series_fuse_a


def _string_fuse(design: Design, electrical: Electrical, rules: RuleTable) -> Check:
    rule, module = rules["string_fuse"], design.module
    needed = fuse_required(design)
    backfeed = (design.most_parallel - 1) * IRRADIANCE_FACTOR * module.i_sc_a
    if not needed:
        return at_most(
            *named(rule),
            backfeed,
            module.max_series_fuse_a if backfeed > 0 else module.max_series_fuse_a or 0.0,
            "A",
            f"back-feed of {max(0, design.most_parallel - 1)} other string(s); no string fuse is needed",
            missing="the module's datasheet gives no maximum series fuse",
        )
    bears = module.max_series_fuse_a
    if electrical.standard == "iec_62548":
        bears = None if bears is None else min(bears, FUSE_MOST * module.i_sc_a)
    return at_most(
        *named(rule),
        string_fuse(module, electrical.standard),
        bears,
        "A",
        f"string fuses are needed: {backfeed:.1f} A could flow back into a faulty string",
    )


def string_fuse(module: ModuleDatasheet, standard: Standard) -> float | None:
    """The smallest rating that a string's fuse may have [A]; by the NEC a standard size, None above them all."""
    if standard == "iec_62548":
        return FUSE_LEAST * module.i_sc_a
    return next_standard_size(IRRADIANCE_FACTOR * CONTINUOUS_FACTOR * module.i_sc_a)


def dc_conductors(design: Design, electrical: Electrical) -> list[Conductor]:
    """Conductors of a string and of the fullest input."""
    if not design.groups:
        return []
    i_string = IRRADIANCE_FACTOR * design.module.i_sc_a
    fused = bool(fuse_required(design))
    circuits = [("pv_source", i_string, fused)]
    if design.most_parallel > 1:
        circuits.append(("pv_output", design.most_parallel * i_string, False))
    return [
        circuit(electrical, name, i_max, design.site.temp_max, ocpd_required=required)
        for name, i_max, required in circuits
    ]
