"""SAM through NREL-PySAM: PVWatts version 8 and the detailed model's CEC module, on a weather year of ours."""

import csv
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core.pv.weather_year import HOURS, FloatArray, WeatherYear

NOCT = 49.0
"""Installed nominal operating cell temperature of a roof in PVWatts. [°C]"""


def write_sam_csv(year: WeatherYear, path: Path) -> Path:
    """Write a year as SAM reads it; without minutes its values are means of an hour."""
    start = datetime(2014, 1, 1)  # noqa: DTZ001  local standard time, without a zone
    with path.open("w", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["Latitude", "Longitude", "Time Zone", "Elevation"])
        rows.writerow([year.latitude, year.longitude, year.utc_offset, year.elevation])
        rows.writerow(["Year", "Month", "Day", "Hour", "GHI", "DNI", "DHI", "Tdry", "Wspd"])
        for hour in range(HOURS):
            at = start + timedelta(hours=hour)
            weather = (year.ghi, year.dni, year.dhi, year.temp_air, year.wind_speed)
            rows.writerow([at.year, at.month, at.day, at.hour, *(f"{each[hour]:.4f}" for each in weather)])
    return path


def pvwatts_8(weather: Path, *, tilt: float, azimuth: float, rack: bool, kw: float = 4.0) -> FloatArray:
    """AC power of a standard array behind an inverter of 96 % and 1/1.2 of it, 14 % losses, shape (8760,) [W]."""
    from PySAM import Pvwattsv8  # noqa: PLC0415  a rival, absent where it has no wheel

    model = Pvwattsv8.default("PVWattsNone")
    model.SolarResource.solar_resource_file = str(weather)
    model.SolarResource.albedo, model.SolarResource.use_wf_albedo = [0.2], 0
    design = model.SystemDesign
    design.system_capacity, design.dc_ac_ratio, design.inv_eff, design.losses = kw, 1.2, 96.0, 14.0
    design.array_type, design.module_type, design.tilt, design.azimuth = (0 if rack else 1), 0, tilt, azimuth
    design.gcr = 0.4
    model.execute(0)
    return np.array(model.Outputs.ac)


PARAMETERS = {
    "cec_a_ref": "a_ref", "cec_adjust": "Adjust", "cec_alpha_sc": "alpha_sc", "cec_area": "A_c",
    "cec_beta_oc": "beta_oc", "cec_i_l_ref": "I_L_ref", "cec_i_mp_ref": "I_mp_ref", "cec_i_o_ref": "I_o_ref",
    "cec_i_sc_ref": "I_sc_ref", "cec_n_s": "N_s", "cec_r_s": "R_s", "cec_r_sh_ref": "R_sh_ref",
    "cec_v_mp_ref": "V_mp_ref", "cec_v_oc_ref": "V_oc_ref",
}  # fmt: skip
NO_LOSSES = (
    "acwiring_loss", "subarray1_dcwiring_loss", "subarray1_diodeconn_loss", "subarray1_mismatch_loss",
    "subarray1_nameplate_loss", "subarray1_rack_shading", "dcoptimizer_loss", "transmission_loss",
)  # fmt: skip


def cec_module(row: Mapping[str, Any], weather: Path, *, tilt: float, azimuth: float, modules: int) -> float:
    """DC energy of a string on a roof by SAM's CEC model, without losses [kWh a year]."""
    from PySAM import Pvsamv1  # noqa: PLC0415  a rival, absent where it has no wheel

    model = Pvsamv1.default("FlatPlatePVNone")
    resource = model.SolarResource
    resource.solar_resource_file = str(weather)
    resource.use_wf_albedo, resource.albedo, resource.sky_model, resource.irrad_mode = 0, [0.2] * 12, 2, 0
    model.Module.module_model = 1
    cec = model.CECPerformanceModelWithModuleDatabase
    for name, column in PARAMETERS.items():
        setattr(cec, name, float(row[column]))
    cec.cec_t_noct, cec.cec_temp_corr_mode, cec.cec_standoff, cec.cec_height, cec.cec_is_bifacial = (
        NOCT, 0, 6, 0, 0,
    )  # fmt: skip
    design = model.SystemDesign
    design.subarray1_modules_per_string, design.subarray1_nstrings, design.inverter_count = modules, 1, 1
    design.subarray1_tilt, design.subarray1_azimuth = tilt, azimuth
    design.system_capacity = modules * float(row["I_mp_ref"]) * float(row["V_mp_ref"]) / 1000.0
    design.subarray2_enable = design.subarray3_enable = design.subarray4_enable = 0
    model.Inverter.inverter_model = 1
    model.Inverter.mppt_low_inverter, model.Inverter.mppt_hi_inverter = 1, 2000
    for name in NO_LOSSES:
        setattr(model.Losses, name, 0)
    model.Losses.subarray1_soiling = [0] * 12
    model.Shading.subarray1_shade_mode = 0
    model.execute(0)
    return float(sum(model.Outputs.dc_net))
