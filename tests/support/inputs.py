"""JobInputs that tests start from."""

from typing import Any

NAIROBI = {"latitude": -1.29, "longitude": 36.82}


def triage_input(**ticket: Any) -> dict[str, Any]:
    given = {
        "text": "Inverter shows isolation fault after rain",
        "vendor": "solaredge",
        "fault_codes": ["150"],
    }
    return {"kind": "triage", "site": NAIROBI, "ticket": given | ticket}


def sizing_input(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "kind": "sizing",
        "system_type": "grid_tied",
        "site": NAIROBI,
        "demand": {"daily_kwh": 12},
        "roof": [{"name": "north", "surface_tilt": 15, "surface_azimuth": 0, "area_m2": 60}],
        "electrical": {"design_temp_min_c": 8},
    }
    return given | changes
