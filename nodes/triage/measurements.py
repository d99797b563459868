"""Measurements held against their limits. What cannot be judged says so; it never passes for good."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from nodes.triage.codes import mode_dangers
from nodes.triage.findings import Danger, Finding
from nodes.triage.knowledge import limits, modes
from nodes.triage.production import ExpectedPower
from state.triage import Measurements

WEIGHT = 0.7
"""How far one measurement outside its limit supports what it points to."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the measurements say. `not_judged` names what was given but could not be held against a limit."""

    findings: tuple[Finding, ...]
    not_judged: tuple[str, ...]
    needs_system_voltage: bool = False
    """Whether the insulation reading is good or bad depends on the system voltage, which is unknown."""


def read_measurements(
    measured: Measurements,
    *,
    system_voltage_v: float | None,
    service_voltage_v: float | None,
    expected_power: ExpectedPower | None = None,
) -> Measured:
    """Hold every measurement against its limit.

    Parameters
    ----------
    system_voltage_v : float, optional
        Largest DC voltage of the array. An open-circuit voltage above the lowest step stands in: a lower one may
        be a single module's. [V]
    service_voltage_v : float, optional
        Nominal AC voltage that `grid_voltage_v` is compared with. [V]
    expected_power : ExpectedPower, optional
        What the array should have delivered, where the ticket states no expected power.
    """
    voltage = system_voltage_v or measured.system_voltage_v or _at_least(measured.v_oc_v)
    rows = [
        *_insulation(measured.insulation_resistance_mohm, voltage),
        *_open_circuit_voltage(measured.v_oc_v, measured.expected_v_oc_v),
        *_short_circuit_current(measured.i_sc_a, measured.expected_i_sc_a),
        *_string_currents(measured.string_currents_a),
        *_hot_spot(measured.hot_spot_delta_k, measured.poa_global_w_m2),
        *_power(measured.ac_power_w, measured.expected_power_w, expected_power),
        *_battery(measured.battery_temperature_c),
        *_grid_voltage(measured.grid_voltage_v, service_voltage_v),
    ]
    findings = tuple(row for row in rows if isinstance(row, Finding))
    not_judged = tuple(row for row in rows if isinstance(row, str))
    return Measured(findings, not_judged, _depends_on_voltage(measured.insulation_resistance_mohm, voltage))


def _at_least(v_oc: float | None) -> float | None:
    lowest = limits()["insulation"]["steps"][0]["up_to_v"]
    return v_oc if v_oc is not None and v_oc > lowest else None


def _minima() -> list[float]:
    return [step["minimum_mohm"] for step in limits()["insulation"]["steps"]]


def _depends_on_voltage(resistance: float | None, voltage: float | None) -> bool:
    return resistance is not None and not voltage and min(_minima()) <= resistance < max(_minima())


def _insulation(resistance: float | None, voltage: float | None) -> Iterator[Finding | str]:
    if resistance is None:
        return
    steps = limits()["insulation"]["steps"]
    step = next((s for s in steps if voltage and voltage <= s["up_to_v"]), steps[-1])
    minimum = step["minimum_mohm"]
    at = (
        f"at {voltage:g} V, tested at {step['test_v']} V"
        if voltage
        else "where the system voltage is not known"
    )
    quote = f"insulation resistance {resistance:g} MΩ"
    if resistance >= minimum:
        cleared = {"ground_fault", "pv_insulation_low", "pv_leakage_current"}
        yield _fine("insulation", quote, f"at least the {minimum:g} MΩ wanted {at}", cleared)
    else:
        yield _bad("insulation", quote, f"below the {minimum:g} MΩ wanted {at}", "pv_insulation_low")


def _open_circuit_voltage(v_oc: float | None, expected: float | None) -> Iterator[Finding | str]:
    if v_oc is None:
        return
    if not expected:
        yield "the open-circuit voltage: no expected value to compare it with"
        return
    rule = limits()["voltage"]
    deviation = v_oc / expected - 1
    quote = f"open-circuit voltage {v_oc:g} V, expected {expected:g} V ({deviation:+.0%})"
    if v_oc < limits()["current"]["open"] * expected:
        yield _bad("voltage", quote, "no voltage: the string is open", "string_open")
    elif deviation <= -rule["fault"]:
        yield _bad(
            "voltage", quote, "too low: a module or bypass diode is missing from it", "string_voltage_low"
        )
    elif deviation >= rule["fault"]:
        yield _bad("voltage", quote, "too high: more modules in series than expected", "pv_overvoltage")
    elif abs(deviation) > rule["tolerance"]:
        yield _noted(
            "voltage", quote, "outside 5 % but explained by temperature or one diode: compare the strings"
        )
    else:
        yield _fine("voltage", quote, "within 5 %", {"string_voltage_low", "string_open"})


def _short_circuit_current(i_sc: float | None, expected: float | None) -> Iterator[Finding | str]:
    if i_sc is None:
        return
    if not expected:
        yield "the short-circuit current: no expected value to compare it with"
        return
    rule = limits()["current"]
    deviation = i_sc / expected - 1
    quote = f"short-circuit current {i_sc:g} A, expected {expected:g} A ({deviation:+.0%})"
    if i_sc < rule["open"] * expected:
        yield _bad("current", quote, "no current: the string is open", "string_open")
    elif deviation <= -rule["weak"]:
        yield _bad("current", quote, "too low: soiling, shade or a weak module", "string_weak")
    elif abs(deviation) > rule["tolerance"]:
        yield _noted("current", quote, "outside 5 %: check that the expectation is for this irradiance")
    else:
        yield _fine("current", quote, "within 5 %", {"string_weak", "string_open"})


def _string_currents(currents: list[float] | None) -> Iterator[Finding | str]:
    if not currents:
        return
    if len(currents) < 2 or median(currents) <= 0:
        yield "the string currents: at least two strings in the sun are needed to compare them"
        return
    rule, middle = limits()["current"], median(currents)
    quote = f"string currents {', '.join(f'{current:g}' for current in currents[:12])} A, middle {middle:g} A"
    dead = _strings(currents, below=rule["open"] * middle)
    weak = [s for s in _strings(currents, below=(1 - rule["weak"]) * middle) if s not in dead]
    lost = sum(max(0.0, 1 - currents[s - 1] / middle) for s in (*dead, *weak)) / len(currents)
    if dead:
        yield _bad("current", quote, f"no current in string {_listed(dead)}", "string_open", lost_share=lost)
    if weak:
        yield _bad("current", quote, f"low current in string {_listed(weak)}", "string_weak", lost_share=lost)
    if not dead and not weak:
        yield _fine(
            "current", quote, "alike within 10 %", {"string_open", "string_weak", "string_fuse_blown"}
        )


def _strings(currents: list[float], *, below: float) -> list[int]:
    return [place for place, current in enumerate(currents, 1) if current < below]


def _listed(strings: Iterable[int]) -> str:
    return ", ".join(map(str, strings))


def _hot_spot(delta: float | None, poa_global: float | None) -> Iterator[Finding | str]:
    if delta is None:
        return
    rule = limits()["hot_spot"]
    if poa_global is None or poa_global < rule["minimum_poa_w_m2"]:
        yield (
            f"the hot spot of {delta:g} K: it needs the irradiance it was seen at, of at least "
            f"{rule['minimum_poa_w_m2']:g} W/m²"
        )
        if delta <= rule["class_3_k"]:
            return
    normalised = delta * 1000 / poa_global if poa_global else delta
    quote = f"hot spot {delta:g} K at {poa_global:g} W/m²" if poa_global else f"hot spot {delta:g} K"
    at_full_sun = f"{normalised:.0f} K at 1000 W/m²"
    if normalised > rule["class_3_k"]:
        danger = Danger("fire", f"{quote}: class 3", stops=True, rule=rule["rule"])
        yield _bad(
            "hot_spot", quote, f"{at_full_sun}: class 3, interrupt operation", "module_hot_spot", danger
        )
    elif normalised >= rule["class_2_k"]:
        yield _bad("hot_spot", quote, f"{at_full_sun}: class 2, check and plan", "module_hot_spot")
    else:
        yield _fine("hot_spot", quote, f"{at_full_sun}: below class 2", {"module_hot_spot"})


def _power(
    actual: float | None, stated: float | None, reckoned: ExpectedPower | None
) -> Iterator[Finding | str]:
    if actual is None:
        return
    rule = limits()["power"]
    if stated:
        expected, basis, normal_above = stated, "", rule["normal_above"]
    elif reckoned:
        expected, basis, normal_above = reckoned.watts, f", by {reckoned.basis}", reckoned.normal_above
    else:
        yield "the AC power: no expected power to compare it with"
        return
    share = actual / expected
    quote = f"AC power {actual:g} W, expected {expected:.0f} W ({share:.0%}){basis}"
    lost = max(0.0, 1 - share)
    if share < rule["lost_below"]:
        yield _bad("power", quote, "no output", "inverter_stopped", lost_share=lost)
    elif share < normal_above:
        yield _bad("power", quote, f"{lost:.0%} missing", "underperformance", lost_share=lost)
    else:
        yield _fine("power", quote, "as expected", {"inverter_stopped", "underperformance", "site_down"})


def _battery(temperature: float | None) -> Iterator[Finding | str]:
    if temperature is None:
        return
    rule = limits()["battery_temperature"]
    quote = f"battery temperature {temperature:g} °C"
    if temperature >= rule["hot_c"]:
        yield _bad("battery_temperature", quote, f"at or above {rule['hot_c']:g} °C", "battery_hot")
    elif temperature >= rule["warm_c"]:
        yield _bad("battery_temperature", quote, f"at or above {rule['warm_c']:g} °C", "battery_warm")
    elif temperature < rule["cold_c"]:
        yield _bad("battery_temperature", quote, f"below {rule['cold_c']:g} °C", "battery_cold")
    else:
        yield _fine("battery_temperature", quote, "within limits", {"battery_hot", "battery_cold"})


def _grid_voltage(voltage: float | None, nominal: float | None) -> Iterator[Finding | str]:
    if voltage is None:
        return
    if not nominal:
        yield f"the grid voltage of {voltage:g} V: the nominal voltage (electrical.service_voltage_v) is not stated"
        return
    rule = limits()["grid_voltage"]
    share = voltage / nominal
    quote = f"grid voltage {voltage:g} V at nominal {nominal:g} V"
    if share < rule["absent_below"]:
        yield _bad("grid_voltage", quote, "no grid", "grid_lost")
    elif share > 1 + rule["tolerance"]:
        yield _bad("grid_voltage", quote, "more than 10 % above nominal", "grid_overvoltage")
    elif share < 1 - rule["tolerance"]:
        yield _bad("grid_voltage", quote, "more than 10 % below nominal", "grid_undervoltage")
    else:
        fine = {"grid_lost", "grid_overvoltage", "grid_undervoltage", "grid_voltage"}
        yield _fine("grid_voltage", quote, "within 10 % of nominal", fine)


def _rule(name: str) -> str:
    row = limits()[name]
    return f"{row['rule']} ({row['source']})"


def _bad(
    name: str, quote: str, says: str, mode_id: str, *dangers: Danger, lost_share: float | None = None
) -> Finding:
    mode = modes()[mode_id]
    return Finding(
        source="measurement",
        quote=quote,
        says=says,
        rule=_rule(name),
        weight=WEIGHT,
        asset=None if mode.asset == "unknown" else mode.asset,
        mode=mode.id,
        lost_share=lost_share,
        dangers=(*mode_dangers(mode, quote), *dangers),
    )


def _fine(name: str, quote: str, says: str, clears: set[str]) -> Finding:
    return Finding(source="measurement", quote=quote, says=says, rule=_rule(name), clears=frozenset(clears))


def _noted(name: str, quote: str, says: str) -> Finding:
    return Finding(source="measurement", quote=quote, says=says, rule=_rule(name))
