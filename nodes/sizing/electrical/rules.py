"""The rules of each standard as one table: what a check is called, where it stands, what it demands.

Sources name where the rule's content was read. The standards themselves are not free; none of their text is
here. A rule whose content could not be read is absent, and its check is `not_evaluated`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Standard = Literal["nec_2023", "iec_62548"]
Topic = Literal[
    "max_voltage",
    "module_system_voltage",
    "string_fuse",
    "source_circuit",
    "inverter_output",
    "ampacity",
    "interconnection",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand of a standard. `limit` is set where the rule itself holds a number."""

    check_id: str
    clause: str
    formula: str
    source: str


NEC_2023: Mapping[Topic, Rule] = {
    "max_voltage": Rule(
        "nec_690_7_max_voltage",
        "NEC 2023 690.7(A)",
        "n × Voc × (1 + β_Voc (T_min − 25 °C)) ≤ 600 V on one- and two-family dwellings, "
        "1000 V on other buildings",
        "solarpermitsolutions.com/blog/nec-690-7-solar-voltage-limits; "
        "electricallicenserenewal.com, section 377",
    ),
    "module_system_voltage": Rule(
        "module_system_voltage",
        "NEC 2023 110.3(B), module datasheet",
        "n × Voc at T_min ≤ the module's maximum system voltage",
        "solarpermitsolutions.com/blog/nec-690-7-solar-voltage-limits",
    ),
    "string_fuse": Rule(
        "nec_690_9_string_fuse",
        "NEC 2023 690.9(A), (B)",
        "no fuse where (p − 1) × 1.25 Isc ≤ maximum series fuse; else the next standard size above 1.56 Isc, "
        "which may not exceed it",
        "homepower.com PV Overcurrent Protection, page 2; tools.gera.services string fuse calculator",
    ),
    "source_circuit": Rule(
        "nec_690_8_source_circuit",
        "NEC 2023 690.8(A), 690.8(B), 690.9(B)",
        "I_max = 1.25 × Isc × strings in parallel; conductor and device for 1.25 × I_max",
        "ecmweb.com Article 690 part 3; pvstudent.com 690.8(A)(1) and 690.8(B)(1)",
    ),
    "inverter_output": Rule(
        "nec_690_8_inverter_output",
        "NEC 2023 690.8(A), 690.8(B)",
        "I_max = the inverter's continuous output current; conductor and device for 1.25 × I_max",
        "manuzoid.com PowerWave M2-72 installation guide, V; iaeimagazine.org 2020-09 photo 1",
    ),
    "ampacity": Rule(
        "nec_310_16_ampacity",
        "NEC 2023 310.16, 310.15(B)(1), 310.15(C)(1), 110.14(C), 240.4(D)",
        "1.25 × I_max ≤ ampacity in the 75 °C column; I_max ≤ corrected, adjusted ampacity of the 90 °C one",
        "wiresizes.com/guides/nec-table-310-16; intrysys.com wire ampacity chart; "
        "ecmweb.com Article 690 part 3",
    ),
    "interconnection": Rule(
        "nec_705_12_busbar",
        "NEC 2023 705.12(B)",
        "(1) 1.25 × output current + main ≤ busbar; (2) at the opposite end, or (4) at one end of a "
        "centre-fed dwelling panel, ≤ 1.2 × busbar",
        "solardesignlab.com/solar-120-percent-rule-nec-705-12; forums.mikeholt.com 2580629; "
        "mail-archive.com re-wrenches msg21261 (centre-fed)",
    ),
}

IEC_62548: Mapping[Topic, Rule] = {
    "max_voltage": Rule(
        "iec_62548_max_voltage",
        "IEC 62548:2016, PV array maximum voltage",
        "n × Voc × (1 + β_Voc (T_min − 25 °C)) at the lowest expected ambient temperature; a limit of "
        "buildings was not read, so the equipment's own limits stand alone",
        "tnlab.org IEC 62548 engineering guide, 1.1",
    ),
    "module_system_voltage": Rule(
        "module_system_voltage",
        "IEC 62548:2016, module datasheet",
        "n × Voc at T_min ≤ the module's maximum system voltage",
        "tnlab.org IEC 62548 engineering guide, 1.1",
    ),
    "string_fuse": Rule(
        "iec_62548_string_fuse",
        "IEC 62548:2016 with IEC 61730-2 maximum series fuse",
        "no fuse where (p − 1) × 1.25 Isc ≤ maximum series fuse; else one of at least 1.5 Isc, not above it",
        "ABB TRIO-20.0/27.6 manual, sizing of fuses",
    ),
    "source_circuit": Rule(
        "iec_62548_source_circuit",
        "IEC 62548:2016, 1.25 × Isc",
        "I_max = 1.25 × Isc × strings in parallel",
        "Solitek SOLID manual, 4.2; Solahart 390 manual, 6.1 (citing IEC and UL)",
    ),
}

RULES: Mapping[Standard, Mapping[Topic, Rule]] = {"nec_2023": NEC_2023, "iec_62548": IEC_62548}

IRRADIANCE_FACTOR = 1.25
"""Short-circuit current above standard test conditions; the same in both standards (sources above)."""
CONTINUOUS_FACTOR = 1.25
"""PV currents flow for three hours and more: NEC 690.8(B)."""
IEC_FUSE_FACTOR = 1.5
"""ABB TRIO-20.0/27.6 manual: fuse above 1.4 to 1.5 × Isc; the upper figure is taken."""

DWELLING_MAX_V = 600.0
BUILDING_MAX_V = 1000.0
