"""What may be sent to each route that takes a body, for the OpenAPI document; a test sends every one of them."""

from collections.abc import Mapping
from typing import Any

SIZE = {
    "kind": "sizing",
    "system_type": "grid_tied",
    "site": {"latitude": -1.2921, "longitude": 36.8219},
    "demand": {"daily_kwh": 12},
    "roof": [{"name": "north", "surface_tilt": 15, "surface_azimuth": 0, "area_m2": 40}],
    "electrical": {"standard": "iec_62548", "service_voltage_v": 230, "design_temp_min_c": 8},
}
TRIAGE = {
    "kind": "triage",
    "site": {"latitude": -1.2921, "longitude": 36.8219},
    "ticket": {
        "text": "Inverter trips every morning after rain, isolation error on the display.",
        "vendor": "solaredge",
        "fault_codes": ["150"],
        "measurements": {"insulation_resistance_mohm": 0.2, "system_voltage_v": 380},
    },
}
ASKS = {
    "kind": "triage",
    "site": {"latitude": -1.2921, "longitude": 36.8219},
    "ticket": {
        "text": "Grid voltage too high around noon, comes back by itself.",
        "fault_codes": ["999"],
    },
}
BOTH = {**SIZE, "kind": "full", "ticket": TRIAGE["ticket"]}
CREW = {
    "name": "Amina Otieno",
    "skills": ["pv", "battery"],
    "base_latitude": -1.2921,
    "base_longitude": 36.8219,
    "timezone": "Africa/Nairobi",
    "working_hours": {"weekdays": [0, 1, 2, 3, 4, 5], "start": "07:30", "end": "16:30"},
}

EXAMPLES: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "POST /auth/token": {"A login": {"username": "amina", "password": "correct horse battery"}},
    "POST /auth/refresh": {"The next pair": {"refresh_token": "the refresh token of the pair before"}},
    "POST /auth/password": {
        "One's own": {"current_password": "correct horse battery", "new_password": "staple after staple"}
    },
    "POST /users": {
        "A technician": {"username": "amina", "password": "correct horse battery", "role": "technician"}
    },
    "PATCH /users/{user_id}": {
        "Locked out": {"is_active": False},
        "Another role": {"role": "dispatcher"},
    },
    "POST /api-keys": {
        "For a dashboard": {"name": "dashboard", "scopes": ["jobs:read"], "expires_in_days": 30}
    },
    "POST /jobs": {
        "Size a roof": SIZE,
        "Triage a fault": TRIAGE,
        "Both": BOTH,
        "One that asks whose code that is": ASKS,
    },
    "POST /jobs/{job_id}/resume": {"The vendor": {"answers": {"vendor": "SolarEdge"}}},
    "POST /jobs/{job_id}/complete": {
        "Mended": {
            "outcome": "resolved",
            "feedback": "Water in the connector of string 2.",
            "actual_start": "2026-03-02T08:10:00+03:00",
            "actual_end": "2026-03-02T10:40:00+03:00",
            "confirmed": {"asset": "module", "cause": "insulation_fault"},
            "parts": ["MC4 connector, one pair"],
        }
    },
    "POST /jobs/{job_id}/override": {
        "Sooner": {
            "changes": {"triage.priority": "P2"},
            "reason": "The clinic's fridge hangs on this inverter.",
        }
    },
    "POST /sizing": {"A roof": SIZE},
    "POST /triage": {"A fault": TRIAGE},
    "POST /technicians": {"A technician": CREW},
    "PATCH /technicians/{technician_id}": {
        "Learned something": {"skills": ["pv", "battery", "high_voltage"]}
    },
    "POST /technicians/{technician_id}/leave": {
        "A week": {"start": "2026-12-21T00:00:00+03:00", "end": "2026-12-28T00:00:00+03:00"}
    },
    "POST /webhooks": {
        "Results": {"url": "https://hooks.example.com/solarsync", "events": ["result.stored"]}
    },
    "PATCH /webhooks/{webhook_id}": {"Switched on again": {"is_active": True}},
}
