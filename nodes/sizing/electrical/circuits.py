"""Circuits by the standard of the job: the conductor of each, its device, and whether both hold."""

from collections.abc import Sequence
from typing import Literal

from nodes.sizing.checks import at_most, not_evaluated
from nodes.sizing.electrical.cables import TABLES, cable
from nodes.sizing.electrical.conductors import COPPER, conductor, derating_of, largest_device
from nodes.sizing.electrical.rules import RuleTable, Topic, named
from nodes.sizing.electrical.standards import RULES
from state.equipment import Electrical
from state.sizing import Check, Conductor

Circuit = Literal["pv_source", "pv_output", "inverter_output"]
TOPICS: dict[str, Topic] = {
    "pv_source": "source_circuit",
    "pv_output": "output_circuit",
    "inverter_output": "inverter_output",
}


def circuit(
    electrical: Electrical, name: str, i_max: float, temp_ambient: float, *, ocpd_required: bool = True
) -> Conductor:
    """The conductor and device of a circuit that carries `i_max` [A] at `temp_ambient` [°C]."""
    if electrical.standard == "iec_62548":
        return cable(name, i_max, temp_ambient=temp_ambient, ocpd_required=ocpd_required)
    return conductor(
        name,
        i_max,
        temp_ambient=temp_ambient,
        bundled=electrical.conduit_conductors,
        ocpd_required=ocpd_required,
    )


def circuit_checks(
    conductors: Sequence[Conductor], electrical: Electrical, temp_ambient: float
) -> list[Check]:
    """What the standard demands of each circuit's conductor and device."""
    rules = RULES[electrical.standard]
    check_one = _by_iec if electrical.standard == "iec_62548" else _by_nec
    return [check for each in conductors for check in check_one(each, electrical, temp_ambient, rules)] or [
        not_evaluated(*named(rules["inverter_output"]), "A", "no circuit current is known")
    ]


def _by_nec(each: Conductor, electrical: Electrical, temp_ambient: float, rules: RuleTable) -> list[Check]:
    terminals, heat = rules[TOPICS[each.circuit]], rules["ampacity"]
    derating = derating_of(temp_ambient, electrical.conduit_conductors)
    if derating is None:
        return [not_evaluated(*named(heat, each.circuit), "A", "above 85 °C the correction table ends")]
    if each.awg is None:
        reason = "no single copper conductor of the table carries it: parallel ones are needed"
        largest = COPPER[-1]
        return [
            at_most(
                *named(terminals), each.i_continuous_a, largest.ampacity_75, "A", reason, otherwise="warn"
            ),
            at_most(
                *named(heat, each.circuit),
                each.i_max_a,
                round(largest.ampacity_90 * derating, 2),
                "A",
                reason,
                otherwise="warn",
            ),
        ]
    size = f"{each.awg} AWG copper"
    checks = [
        at_most(
            *named(terminals),
            each.i_continuous_a,
            each.ampacity_a,
            "A",
            f"{size} on 75 °C terminals; I_max {each.i_max_a:g} A",
        ),
        at_most(
            *named(heat, each.circuit),
            each.i_max_a,
            each.corrected_ampacity_a,
            "A",
            f"{size} at {temp_ambient:.0f} °C with {electrical.conduit_conductors} conductors together",
        ),
    ]
    if each.ocpd_required:
        checks.append(
            at_most(
                *named(rules["overcurrent"], each.circuit),
                each.ocpd_a,
                largest_device(each),
                "A",
                f"the next standard size for {each.i_continuous_a:g} A, on {size}",
                missing="no standard device is that large",
            )
        )
    return checks


def _by_iec(each: Conductor, electrical: Electrical, temp_ambient: float, rules: RuleTable) -> list[Check]:
    rule = rules[TOPICS[each.circuit]]
    table = TABLES[each.circuit]
    if electrical.conduit_conductors > table.loaded:
        reason = (
            f"the table read ({table.name}) holds for {table.loaded} loaded conductors together, not for more"
        )
        return [not_evaluated(*named(rule), "A", reason, value=each.i_max_a)]
    device = each.ocpd_a if each.ocpd_required and each.ocpd_a is not None else each.i_max_a
    what = "its device" if each.ocpd_required else "I_max"
    return [
        at_most(
            *named(rule),
            device,
            each.corrected_ampacity_a,
            "A",
            f"{what} on {each.mm2 or 0:g} mm² copper at {temp_ambient:.0f} °C, {table.name}; I_max {each.i_max_a:g} A",
            otherwise="warn",
            missing="no cable of the table carries it at that temperature, or no device is that large",
        )
    ]
