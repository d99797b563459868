"""How a rule is written down, and where the table of a standard is found.

Sources name where the rule's content was read. The standards themselves are not free; none of their text is
here. A rule whose content could not be read is absent, and its check is `not_evaluated`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Standard = Literal["nec_2023", "iec_62548"]
Topic = Literal[
    "max_voltage",
    "table_voltage",
    "inverter_max_voltage",
    "module_system_voltage",
    "mppt_window_hot",
    "mppt_window_cold",
    "start_voltage",
    "mppt_inputs",
    "mppt_short_circuit_current",
    "mppt_operating_current",
    "inverter_dc_power",
    "string_fuse",
    "source_circuit",
    "output_circuit",
    "inverter_output",
    "ampacity",
    "overcurrent",
    "voltage_drop",
    "interconnection",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand of a standard, or of a datasheet that the standard makes binding."""

    check_id: str
    clause: str
    formula: str
    source: str


RuleTable = Mapping[Topic, Rule]


def named(rule: Rule, of: str | None = None) -> tuple[str, str]:
    """What a check is called, and the clause it cites; `of` tells apart the circuits it is made for."""
    return rule.check_id if of is None else f"{rule.check_id}:{of}", rule.clause


IRRADIANCE_FACTOR = 1.25
"""Short-circuit current above standard test conditions; the same in both standards (sources in their tables)."""
CONTINUOUS_FACTOR = 1.25
"""PV currents flow for three hours and more: NEC 690.8(B)."""

DWELLING_MAX_V = 600.0
BUILDING_MAX_V = 1000.0

DATASHEETS = "what the equipment's maker states; NEC 110.3(B) and IEC 62548 both make it binding"

EQUIPMENT: RuleTable = {
    "inverter_max_voltage": Rule(
        "inverter_max_voltage",
        "inverter datasheet, maximum DC voltage",
        "n × Voc at T_min ≤ maximum DC voltage",
        DATASHEETS,
    ),
    "mppt_window_hot": Rule(
        "mppt_window_hot",
        "inverter datasheet, lowest MPPT voltage",
        "n × Vmp (1 + β_Vmp (T_cell,hot − 25 °C)) ≥ lowest MPPT voltage",
        "tnlab.org IEC 62548 engineering guide, 1.1; surgepv.com string sizing calculator, step 2",
    ),
    "mppt_window_cold": Rule(
        "mppt_window_cold",
        "inverter datasheet, highest MPPT voltage",
        "n × Vmp (1 + β_Vmp (T_min − 25 °C)) ≤ highest MPPT voltage",
        "tnlab.org IEC 62548 engineering guide, 1.1",
    ),
    "start_voltage": Rule(
        "inverter_start_voltage",
        "inverter datasheet, start voltage",
        "n × Vmp at T_cell,hot ≥ start voltage; fails where even n × Voc stays below it",
        "greentechrenewables.com solar inverter string design calculations",
    ),
    "mppt_inputs": Rule(
        "mppt_inputs",
        "inverter datasheet, number of MPPT inputs",
        "inputs used ≤ inputs there are",
        DATASHEETS,
    ),
    "mppt_short_circuit_current": Rule(
        "mppt_short_circuit_current",
        "inverter datasheet, maximum Isc per MPPT (IEC 62109, I_sc PV)",
        "strings in parallel × 1.25 Isc ≤ maximum Isc; fails where Isc itself exceeds it",
        DATASHEETS,
    ),
    "mppt_operating_current": Rule(
        "mppt_operating_current",
        "inverter datasheet, maximum operating current per MPPT",
        "strings in parallel × Imp ≤ maximum operating current",
        DATASHEETS,
    ),
    "inverter_dc_power": Rule(
        "inverter_dc_power",
        "inverter datasheet, maximum array power",
        "nameplate per inverter ≤ maximum array power",
        DATASHEETS,
    ),
}
"""Limits that datasheets state and both standards demand to keep."""
