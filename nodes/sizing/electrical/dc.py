"""The array's side of the inverter: voltages in the cold and the heat, currents per input, string fuses."""

from nodes.sizing.checks import at_least, at_most, not_evaluated
from nodes.sizing.design import Design
from nodes.sizing.electrical.conductors import conductor, next_standard_size
from nodes.sizing.electrical.rules import (
    CONTINUOUS_FACTOR,
    IEC_FUSE_FACTOR,
    IRRADIANCE_FACTOR,
    RULES,
)
from nodes.sizing.strings import building_limit
from state.equipment import Electrical
from state.sizing import Check, Conductor

UNKNOWN_COLD = "the lowest expected ambient temperature is not known yet"


def dc_checks(design: Design, electrical: Electrical) -> list[Check]:
    """Every check of the DC side, in the order an inspector reads them."""
    return [
        *_cold_voltage(design, electrical),
        *_operating_window(design),
        *_input_currents(design),
        _string_fuse(design, electrical),
    ]


def _cold_voltage(design: Design, electrical: Electrical) -> list[Check]:
    rules = RULES[electrical.standard]
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
            maximum.check_id,
            maximum.clause,
            cold,
            building,
            "V",
            f"{how}; limit of {'a dwelling' if electrical.dwelling else 'other buildings'}",
            missing=UNKNOWN_COLD if cold is None else maximum.formula,
        ),
        at_most(
            "inverter_max_voltage",
            "inverter datasheet, maximum DC voltage",
            cold,
            inverter.vdc_max_v,
            "V",
            how,
            missing=UNKNOWN_COLD if cold is None else "the inverter's datasheet gives no maximum DC voltage",
        ),
        at_most(
            system.check_id,
            system.clause,
            cold,
            module.max_system_voltage_v,
            "V",
            how,
            missing=UNKNOWN_COLD
            if cold is None
            else "the module's datasheet gives no maximum system voltage",
        ),
    ]
    if electrical.standard == "nec_2023":
        checks.append(_table_cross_check(design, building))
    return checks


def _table_cross_check(design: Design, building: float | None) -> Check:
    """The coefficient is the code value; the table is cruder, and a second opinion."""
    at, rule = design.voltages, "NEC 2023 Table 690.7(A), cross-check"
    limits = [v for v in (design.inverter.vdc_max_v, design.module.max_system_voltage_v, building) if v]
    if design.site.temp_min is not None and at.v_oc_table is None:
        return not_evaluated("nec_690_7_table", rule, "V", "the table ends at −40 °C")
    return at_most(
        "nec_690_7_table",
        rule,
        None if at.v_oc_table is None else design.longest * at.v_oc_table,
        min(limits, default=None),
        "V",
        "crystalline silicon by the table; 690.7(A)(1), the coefficient, decides where a datasheet gives one",
        otherwise="warn",
        missing=UNKNOWN_COLD,
    )


def _operating_window(design: Design) -> list[Check]:
    inverter, at = design.inverter, design.voltages
    hot = design.shortest * at.v_mp_hot
    cell = f"{design.shortest} modules in series, cells at {design.site.temp_cell_hot:.0f} °C"
    if design.module.beta_vmp_pct_per_c is None:
        cell += "; the datasheet has no β_vmp, γ_pmp stands in"
    cold = None if at.v_mp_cold is None else design.longest * at.v_mp_cold
    return [
        at_least(
            "mppt_window_hot",
            "inverter datasheet, lowest MPPT voltage",
            hot,
            inverter.mppt_min_v,
            "V",
            cell,
            missing="the inverter's datasheet gives no lowest MPPT voltage",
        ),
        at_most(
            "mppt_window_cold",
            "inverter datasheet, highest MPPT voltage",
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
            "inverter_start_voltage",
            "inverter datasheet, start voltage",
            hot,
            inverter.v_start_v,
            "V",
            f"{cell}; it starts on open-circuit voltage, {design.shortest * at.v_oc_hot:.0f} V then",
            otherwise="fail" if design.shortest * at.v_oc_hot < (inverter.v_start_v or 0.0) else "warn",
            missing="the inverter's datasheet gives no start voltage",
        ),
    ]


def _input_currents(design: Design) -> list[Check]:
    module, inverter, parallel = design.module, design.inverter, design.most_parallel
    nameplate = parallel * module.i_sc_a
    rating = inverter.isc_max_per_mppt_a
    inputs = None if inverter.mppt_count is None else inverter.mppt_count * design.inverters
    return [
        at_most(
            "mppt_inputs",
            "inverter datasheet, number of MPPT inputs",
            float(design.last_input),
            None if inputs is None else float(inputs),
            "inputs",
            "inputs used, counted through all inverters",
            missing="the inverter's datasheet gives no number of MPPT inputs",
        ),
        at_most(
            "mppt_short_circuit_current",
            "inverter datasheet, maximum Isc per MPPT (IEC 62109, I_sc PV)",
            IRRADIANCE_FACTOR * nameplate,
            rating,
            "A",
            f"{parallel} string(s) in parallel, 1.25 × {module.i_sc_a:g} A each: the rating is an absolute "
            f"maximum; at standard test conditions {nameplate:.1f} A",
            otherwise="fail" if rating is not None and nameplate > rating else "warn",
            missing="the inverter's datasheet gives no maximum short-circuit current",
        ),
        at_most(
            "mppt_operating_current",
            "inverter datasheet, maximum operating current per MPPT",
            parallel * module.i_mp_a,
            inverter.idc_max_per_mppt_a,
            "A",
            "above it the inverter limits the current and energy is lost at high sun",
            otherwise="warn",
            missing="the inverter's datasheet gives no maximum operating current",
        ),
        at_most(
            "inverter_dc_power",
            "inverter datasheet, maximum array power",
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


def _string_fuse(design: Design, electrical: Electrical) -> Check:
    rule = RULES[electrical.standard]["string_fuse"]
    module = design.module
    needed = fuse_required(design)
    backfeed = (design.most_parallel - 1) * IRRADIANCE_FACTOR * module.i_sc_a
    if not needed:
        return at_most(
            rule.check_id,
            rule.clause,
            backfeed,
            module.max_series_fuse_a if backfeed > 0 else module.max_series_fuse_a or 0.0,
            "A",
            f"back-feed of {max(0, design.most_parallel - 1)} other string(s); no string fuse is needed",
            missing="the module's datasheet gives no maximum series fuse",
        )
    factor = IRRADIANCE_FACTOR * CONTINUOUS_FACTOR
    fuse = next_standard_size(factor * module.i_sc_a)
    if electrical.standard == "iec_62548":
        fuse = IEC_FUSE_FACTOR * module.i_sc_a
    return at_most(
        rule.check_id,
        rule.clause,
        fuse,
        module.max_series_fuse_a,
        "A",
        f"string fuses are needed: {backfeed:.1f} A could flow back into a faulty string",
    )


def dc_conductors(design: Design, electrical: Electrical) -> list[Conductor]:
    """Conductors of a string and of the fullest input, by the NEC's tables; no other tables were read."""
    if electrical.standard != "nec_2023" or not design.groups:
        return []
    i_string = IRRADIANCE_FACTOR * design.module.i_sc_a
    fused = bool(fuse_required(design))
    circuits = [("pv_source", i_string, fused)]
    if design.most_parallel > 1:
        circuits.append(("pv_output", design.most_parallel * i_string, False))
    return [
        conductor(
            name,
            i_max,
            temp_ambient=design.site.temp_max,
            bundled=electrical.conduit_conductors,
            continuous_factor=CONTINUOUS_FACTOR,
            ocpd_required=required,
        )
        for name, i_max, required in circuits
    ]
