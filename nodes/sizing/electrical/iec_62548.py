"""IEC 62548-1:2023 with IEC 60364: what it demands of a PV array and its circuits, as a table.

The national rules for feeding into a grid, and limits of voltage on buildings, differ by country and were not
read: the interconnection is never evaluated, and only the equipment limits the voltage.
"""

from nodes.sizing.electrical.cables import PV, PVC
from nodes.sizing.electrical.rules import EQUIPMENT, Rule, RuleTable

FUSE_LEAST, FUSE_MOST = 1.5, 2.4
"""Rating of a string fuse in multiples of Isc (solarsaarthi.com, selection of DC fuses by IS/IEC 62548, page 4)."""

IEC_62548: RuleTable = {
    **EQUIPMENT,
    "max_voltage": Rule(
        "iec_62548_max_voltage",
        "IEC 62548, PV array maximum voltage",
        "n × Voc × (1 + β_Voc (T_min − 25 °C)) at the lowest expected ambient temperature; a limit of "
        "buildings was not read, so the equipment's own limits stand alone",
        "tnlab.org IEC 62548 engineering guide, 1.1",
    ),
    "module_system_voltage": Rule(
        "module_system_voltage",
        "IEC 62548, module datasheet",
        "n × Voc at T_min ≤ the module's maximum system voltage",
        "tnlab.org IEC 62548 engineering guide, 1.1; Solahart 390 manual, 6.1",
    ),
    "string_fuse": Rule(
        "iec_62548_string_fuse",
        "IEC 62548-1:2023, string overcurrent protection; IEC 61730-2 maximum series fuse",
        "no fuse where (p − 1) × 1.25 Isc ≤ I_MOD_MAX_OCPR; else 1.5 Isc ≤ fuse ≤ 2.4 Isc, at most I_MOD_MAX_OCPR. "
        "The edition of 2016 compares (p − 1) × Isc; back-feed of inverter and battery is taken as none",
        "solarsaarthi.com, selection of DC fuses, pages 3 and 4 (2016); public notes on IEC 62548-1:2023 "
        "(I_F_STRING = (N_S − 1) × 1.25 × K_Corr × Isc, K_Corr taken as 1)",
    ),
    "source_circuit": Rule(
        "iec_62548_source_circuit",
        "IEC 62548-1:2023, string current K_I × Isc; EN 50618",
        "I_max = 1.25 × Isc ≤ capacity of the cable at the ambient temperature",
        "Solitek SOLID manual, 4.2; " + PV.source,
    ),
    "output_circuit": Rule(
        "iec_62548_output_circuit",
        "IEC 62548-1:2023, sub-array current; EN 50618",
        "I_max = 1.25 × Isc × strings in parallel ≤ capacity of the cable at the ambient temperature",
        "Solitek SOLID manual, 4.2; " + PV.source,
    ),
    "inverter_output": Rule(
        "iec_60364_inverter_output",
        "IEC 60364-4-43, 433.1; IEC 60364-5-52",
        "output current ≤ device ≤ capacity of the cable at the ambient temperature",
        PVC.source,
    ),
    "voltage_drop": Rule(
        "voltage_drop",
        "IEC 60364-5-52 Annex G, 3 % taken",
        "loop resistance × current ≤ 3 % of the voltage at rated power",
        "public summary of IEC 60364-5-52 Annex G (3 % lighting, 5 % other loads); the stricter is taken",
    ),
}
