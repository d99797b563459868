"""NEC 2023 (NFPA 70), Articles 690, 705, 310, 240: what it demands of a PV system, as a table."""

from nodes.sizing.electrical.rules import EQUIPMENT, Rule, RuleTable

NEC_2023: RuleTable = {
    **EQUIPMENT,
    "max_voltage": Rule(
        "nec_690_7_max_voltage",
        "NEC 2023 690.7(A)",
        "n × Voc × (1 + β_Voc (T_min − 25 °C)) ≤ 600 V on one- and two-family dwellings, "
        "1000 V on other buildings",
        "solarpermitsolutions.com/blog/nec-690-7-solar-voltage-limits; "
        "electricallicenserenewal.com, section 377",
    ),
    "table_voltage": Rule(
        "nec_690_7_table",
        "NEC 2023 690.7(A)(2), Table 690.7(A), cross-check",
        "n × Voc × the table's factor at T_min ≤ the least of the building's, the inverter's and the module's limit",
        "electricallicenserenewal.com, section 377 (three ways of 690.7(A)); "
        "iaeimagazine.org 2009-01 PV Math (the range of factors)",
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
        "NEC 2023 690.8(A)(1), 690.8(B)(1), 110.14(C)",
        "I_max = 1.25 × Isc; 1.25 × I_max ≤ ampacity in the 75 °C column",
        "ecmweb.com Article 690 part 3; homepower.com PV Circuit Sizing & Current Calculations, page 2",
    ),
    "output_circuit": Rule(
        "nec_690_8_output_circuit",
        "NEC 2023 690.8(A)(1), 690.8(B)(1), 110.14(C)",
        "I_max = 1.25 × Isc × strings in parallel; 1.25 × I_max ≤ ampacity in the 75 °C column",
        "ecmweb.com Article 690 part 3; surgepv.com NEC 690.8 circuit sizing",
    ),
    "inverter_output": Rule(
        "nec_690_8_inverter_output",
        "NEC 2023 690.8(A)(1), 690.8(B)(1), 110.14(C)",
        "I_max = the inverter's continuous output current; 1.25 × I_max ≤ ampacity in the 75 °C column",
        "manuzoid.com PowerWave M2-72 installation guide, V; iaeimagazine.org 2020-09 photo 1",
    ),
    "ampacity": Rule(
        "nec_310_16_ampacity",
        "NEC 2023 310.16, 310.15(B)(1), 310.15(C)(1), 690.8(B)(2)",
        "I_max ≤ ampacity of the 90 °C column × ambient correction × bundling adjustment",
        "wiresizes.com/guides/nec-table-310-16; intrysys.com wire ampacity chart; "
        "up.codes E3705.2 (ambient); ecmweb.com Article 690 part 3",
    ),
    "overcurrent": Rule(
        "nec_240_4_overcurrent",
        "NEC 2023 240.4(B), 240.4(D), 240.6(A), 690.9(B)",
        "device ≥ 1.25 × I_max, of a standard size, at most the next above the conductor's ampacity, "
        "and at most 15, 20, 30 A for 14, 12, 10 AWG copper",
        "sparkshift.app/code/nec-240-6; intrysys.com wire ampacity chart; iaeimagazine.org 2020-09 photo 1",
    ),
    "voltage_drop": Rule(
        "voltage_drop",
        "NEC informational notes, 3 % recommended",
        "loop resistance × current ≤ 3 % of the voltage at rated power",
        "voltagelab.com, Table 310.16 guide; e-education.psu.edu AE 868, voltage drop",
    ),
    "interconnection": Rule(
        "nec_705_12_busbar",
        "NEC 2023 705.12(B)",
        "(1) 1.25 × output currents + main ≤ busbar; (2) at the opposite end, or (4) at one end of a centre-fed "
        "dwelling panel, ≤ 1.2 × busbar; (3) all breakers but the main, loads and sources, ≤ busbar",
        "solardesignlab.com/solar-120-percent-rule-nec-705-12; forums.mikeholt.com 2580629 and 2585503; "
        "mail-archive.com re-wrenches msg21261 (centre-fed)",
    ),
}
