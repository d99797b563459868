"""Jobs that cannot be meant, with the place and a word of the reason that every way in has to answer with."""

from typing import Any

from tests.support.sizing import HYBRID_INVERTER, LITHIUM, MODULE, NAIROBI, STRING_INVERTER

BASE: dict[str, Any] = {"kind": "sizing", "site": NAIROBI, "demand": {"daily_kwh": 12}}
ROOF = {"name": "south", "surface_tilt": 20, "surface_azimuth": 180, "area_m2": 40}


def job(**changes: Any) -> dict[str, Any]:
    return BASE | changes


def module(**figures: Any) -> dict[str, Any]:
    return job(equipment={"module": MODULE | figures})


def inverter(**figures: Any) -> dict[str, Any]:
    return job(equipment={"inverter": STRING_INVERTER | figures})


def battery(**figures: Any) -> dict[str, Any]:
    return job(system_type="hybrid", equipment={"battery": LITHIUM | figures})


def appliance(**figures: Any) -> dict[str, Any]:
    return job(demand={"appliances": [{"name": "Fridge", "power_w": 300, "hours_per_day": 8} | figures]})


NONSENSE: list[tuple[dict[str, Any], str, str]] = [
    (job(roof=[ROOF | {"area_m2": -40}]), "/roof/0/area_m2", "more than 0"),
    (job(roof=[ROOF | {"surface_tilt": 200}]), "/roof/0/surface_tilt", "at most 90"),
    (job(roof=[ROOF | {"surface_azimuth": -90}]), "/roof/0/surface_azimuth", "at least 0"),
    (job(roof=[ROOF | {"setback_m": 4}]), "/roof/0/setback_m", "leaves nothing"),
    (job(roof=[ROOF, ROOF]), "/roof/1/name", "another plane"),
    (job(demand={"daily_kwh": 72e6}), "/demand/daily_kwh", "in Wh"),
    (job(demand={"daily_kwh": 12_000}), "/demand/daily_kwh", "in Wh"),
    (job(array={"pdc0_w": 3e9}), "/array/pdc0_w", "at most 100000000"),
    (job(array={"pdc0_w": 5e7}), "/array/pdc0_w", "10 MW"),
    (appliance(power_w=1e6, quantity=3000), "/demand/appliances", "MW together"),
    (appliance(power_w=0.3), "/demand/appliances/0/power_w", "in kW"),
    (appliance(hours_per_day=25), "/demand/appliances/0/hours_per_day", "at most 24"),
    (appliance(quantity=-1), "/demand/appliances/0/quantity", "at least 1"),
    (job(demand={"daily_kwh": float("nan")}), "/demand/daily_kwh", "finite"),
    (job(array={"pdc0_w": float("inf")}), "/array/pdc0_w", "finite"),
    (job(demand={"daily_kwh": 12, "monthly_kwh": [300] * 12}), "/demand/daily_kwh", "contradicts"),
    (job(demand={"monthly_kwh": [300] * 11}), "/demand/monthly_kwh", "twelve"),
    (job(demand={"monthly_kwh": [300] * 11 + [-5]}), "/demand/monthly_kwh/11", "at least 0"),
    (job(demand={"monthly_kwh": [0] * 12}), "/demand/monthly_kwh", "nothing to size"),
    (module(v_oc_v=49_500), "/equipment/module/v_oc_v", "in mV"),
    (module(i_sc_a=13_000), "/equipment/module/i_sc_a", "in mA"),
    (module(p_mp_w=0.4), "/equipment/module/p_mp_w", "contradicts"),
    (module(beta_voc_pct_per_c=0.28), "/equipment/module/beta_voc_pct_per_c", "less than 0"),
    (module(beta_voc_pct_per_c=-0.0028), "/equipment/module/beta_voc_pct_per_c", "fraction"),
    (module(gamma_pmp_pct_per_c=-0.0036), "/equipment/module/gamma_pmp_pct_per_c", "fraction"),
    (module(area_m2=20_000), "/equipment/module/area_m2", "in cm²"),
    (module(area_m2=0.2), "/equipment/module/area_m2", "200 %"),
    (module(v_mp_v=55), "/equipment/module/v_mp_v", "below v_oc_v"),
    (inverter(efficiency_pct=0.97), "/equipment/inverter/efficiency_pct", "fraction"),
    (inverter(pac_w=5, ac_current_max_a=None), "/equipment/inverter/pac_w", "in kW"),
    (inverter(ac_current_max_a=2170), "/equipment/inverter/ac_current_max_a", "contradicts"),
    (inverter(mppt_min_v=500, mppt_max_v=100), "/equipment/inverter/mppt_min_v", "must not exceed"),
    (battery(depth_of_discharge_pct=0.8), "/equipment/battery/depth_of_discharge_pct", "fraction"),
    (battery(capacity_ah=100_000), "/equipment/battery/capacity_ah", "in mAh"),
    (job(array={"losses_percent": 0.14}), "/array/losses_percent", "fraction"),
    (job(array={"losses_percent": 100}), "/array/losses_percent", "nothing would be left"),
    (job(electrical={"design_temp_min_c": 41}), "/electrical/design_temp_min_c", "in °F"),
    (job(electrical={"design_temp_min_c": 20, "design_temp_max_c": 10}), "/electrical/design_temp_min_c", "above"),
    (job(site={"latitude": 123.8, "longitude": 10.3}), "/site/latitude", "swapped"),
    (job(site={"latitude": 36.0, "longitude": -1.28}), "/site", "swapped"),
    (job(site={"latitude": 36.82, "longitude": -1.29, "timezone": "Africa/Nairobi"}), "/site", "swapped"),
    (job(site={"latitude": 0, "longitude": 0}), "/site", "never set"),
    (job(array={"strings": [{"mppt": 1, "modules_per_string": 8, "plane": "barn"}]}), "/array/strings/0/plane", "barn"),
    (
        job(
            equipment={"module": MODULE},
            array={"strings": [{"mppt": 1, "modules_per_string": 200, "parallel": 1000}]},
        ),
        "/array/strings",
        "MW together",
    ),
    (job(system_type="hybrid", storage={"critical_only": True}), "/storage/critical_only", "critical"),
    (
        job(system_type="off_grid", equipment={"inverter": STRING_INVERTER}),
        "/equipment/inverter",
        "without a battery",
    ),
    (
        job(system_type="hybrid", equipment={"inverter": HYBRID_INVERTER}, storage={"system_voltage_v": 12}),
        "/storage/system_voltage_v",
        "contradicts",
    ),
]  # fmt: skip
