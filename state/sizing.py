"""The sized system, every number with its unit in its name and every check with its rule."""

from typing import Literal

from pydantic import Field

from state.base import Fraction, Model, Monthly, NonNegative, Percent
from state.equipment import (
    BatteryDatasheet,
    ChargeControllerDatasheet,
    Chemistry,
    InverterDatasheet,
    ModuleDatasheet,
    StringLayout,
)
from state.losses import UncertaintyComponent
from state.questions import Question


class DemandResult(Model):
    daily_energy_wh: NonNegative
    peak_power_w: NonNegative | None = Field(
        description="Everything that must run, at once; null where only energy is known."
    )
    surge_power_w: NonNegative | None = Field(
        description="The peak plus the worst single start; null where only energy is known."
    )
    critical_daily_energy_wh: NonNegative | None = Field(description="Null where only energy is known.")
    hourly_share: list[Fraction] = Field(description="24 shares of a day's energy, midnight first, sum 1.")
    shape: str = Field(description="Where the hourly shape comes from.")


class PlaneLayout(Model):
    name: str
    surface_tilt: float
    surface_azimuth: float
    mount: Literal["roof", "rack"]
    modules: int
    pdc0_w: float
    poa_annual_kwh_m2: float


class ArrayResult(Model):
    module: ModuleDatasheet
    modules: int
    pdc0_w: float
    strings: list[StringLayout]
    planes: list[PlaneLayout]


class StringLimits(Model):
    v_oc_cold_v: float | None = Field(
        description="Of one module at the lowest expected ambient temperature; null until that is known."
    )
    v_mp_hot_v: float = Field(description="Of one module at the hot cell temperature.")
    v_mp_cold_v: float | None = Field(default=None, description="Of one module at the lowest ambient.")
    v_oc_hot_v: float | None = Field(default=None, description="Of one module at the hot cell temperature.")
    v_oc_table_v: float | None = Field(default=None, description="Of one module by NEC Table 690.7(A).")
    design_temp_min_c: float | None = None
    design_temp_max_c: float | None = None
    temp_cell_hot_c: float | None = None
    modules_per_string_min: int | None
    modules_per_string_max: int | None


class InverterResult(InverterDatasheet):
    count: int
    pac0_w: float
    dc_ac_ratio: float


class ChargeController(Model):
    """What charges the bank from the array, where the inverter does not or not with all of it."""

    current_a: NonNegative = Field(description="Array power ÷ bank voltage.")
    continuous_a: NonNegative = Field(description="The same with the margin of the rule.")
    rule: str
    built_in_a: NonNegative | None = Field(description="What the inverter's own charger gives, together.")
    controller: ChargeControllerDatasheet | None = Field(
        default=None,
        description="From the catalogue; null where the inverter's own charger is enough or none fits.",
    )
    count: int = 0
    modules_per_string_max: int | None = None


class Generator(Model):
    """For what an off-grid year leaves unserved."""

    power_w: NonNegative
    hours_per_year: NonNegative
    energy_kwh: NonNegative
    fuel_litres: NonNegative
    basis: str


class StorageResult(Model):
    battery: BatteryDatasheet
    chemistry: Chemistry
    required_ah: float
    units_in_series: int
    strings_in_parallel: int
    units: int
    nominal_kwh: float
    usable_kwh: float
    autonomy_days: float = Field(
        description="What this bank gives, not what was asked for: full, without sun, from any hour of the day."
    )
    system_voltage_v: float | None = None
    depth_of_discharge_pct: float | None = None
    temperature_factor: float | None = Field(
        default=None, description="Capacity at the battery's temperature ÷ rated capacity."
    )
    rate_factor: float | None = Field(
        default=None, description="Capacity at the power of these loads ÷ rated capacity."
    )
    inverter_efficiency: Fraction | None = None
    charge_efficiency: Fraction | None = Field(default=None, description="Into the battery, one way.")
    discharge_efficiency: Fraction | None = Field(default=None, description="Out of the battery, one way.")
    carried_power_w: NonNegative | None = Field(
        default=None,
        description="Most that the inverters give the loads at a time, off-grid without the grid.",
    )
    charge_power_w: NonNegative | None = Field(
        default=None, description="Most at the terminals; null where no limit is known."
    )
    discharge_power_w: NonNegative | None = Field(
        default=None, description="Most at the terminals; null where no limit is known."
    )
    reserve_kwh: NonNegative | None = Field(
        default=None, description="Of the usable energy, kept for outages."
    )
    backup_hours: NonNegative | None = Field(
        default=None,
        description="How long that reserve carries the backed-up loads, from any hour of the day.",
    )
    strategy: Literal["self_consumption", "time_of_use"] | None = None
    cycle_life: NonNegative | None = Field(
        default=None, description="Cycles at the depth of discharge of this bank."
    )
    life_years: NonNegative | None = Field(
        default=None, description="The sooner of its cycles used up and its calendar life."
    )
    charge_controller: ChargeController | None = Field(
        default=None, description="Of an off-grid array: what a charger apart from the inverter must bear."
    )


class Conductor(Model):
    circuit: str
    i_max_a: float
    i_continuous_a: float
    ocpd_a: float | None
    awg: str | None = Field(description="By the NEC's tables; null where none suffices, or by IEC.")
    mm2: float | None = Field(default=None, description="By IEC 60364's tables, likewise.")
    ocpd_required: bool = True
    ampacity_a: float | None = Field(
        default=None,
        description="At 75 °C terminals; by IEC at 30 °C ambient, of PV cables at 60 °C.",
    )
    corrected_ampacity_a: float | None = Field(default=None, description="After heat and company.")


class Interconnection(Model):
    max_backfeed_a: float | None
    backfeed_breaker_a: float = Field(description="Of one inverter.")
    rule: str
    breakers: int = 1


class Energy(Model):
    ac_annual_kwh: float
    ac_monthly_kwh: Monthly
    poa_annual_kwh_m2: float
    poa_monthly_kwh_m2: Monthly
    specific_yield_kwh_per_kwp: float
    performance_ratio: float | None
    capacity_factor: float
    losses: dict[str, float] = Field(description="Percent lost at each stage.")
    self_consumption: Fraction | None = None
    self_sufficiency: Fraction | None = None
    unserved_kwh: NonNegative | None = None
    export_kwh: NonNegative | None = None
    p50_annual_kwh: NonNegative | None = Field(default=None, description="The first year's AC yield.")
    p90_annual_kwh: NonNegative | None = Field(
        default=None, description="Exceeded in nine years of ten, by the normal distribution."
    )
    uncertainty_percent: NonNegative | None = Field(
        default=None, description="One standard deviation of a year's yield: all causes, squared and summed."
    )
    uncertainties: list[UncertaintyComponent] = []
    degradation_percent_per_year: Percent | None = None
    ac_by_year_kwh: list[NonNegative] = Field(
        default=[], description="From the first year to the last of the horizon, as the array ages."
    )
    demand_kwh: NonNegative | None = None
    grid_import_kwh: NonNegative | None = None
    curtailed_kwh: NonNegative | None = None
    battery_cycles: NonNegative | None = Field(default=None, description="Full equivalents per year.")
    grid_charge_kwh: NonNegative | None = Field(
        default=None, description="Of the energy from the grid, what charged the battery."
    )
    hours_unserved: int | None = None
    generator: Generator | None = Field(
        default=None, description="Off-grid, where more than the target stays unserved."
    )


class Check(Model):
    """One rule applied. `value` and `limit` share `unit`; the margin is against the limit."""

    id: str
    rule: str
    value: float | None
    limit: float | None
    unit: str
    margin_percent: float | None
    status: Literal["pass", "warn", "fail", "not_evaluated"]
    detail: str


class CashFlowYear(Model):
    """One year of the cash flow, in constant prices; year 0 is the investment."""

    year: int
    savings: float
    maintenance: float
    replacements: float
    net: float


class EconomicsResult(Model):
    currency: str
    capital_cost: dict[str, float] = Field(description="By item, and `total`.")
    annual_savings: float | None
    simple_payback_years: float | None
    npv: float | None
    irr: float | None
    lcoe: float | None
    annual_savings_self_use: float | None = None
    annual_savings_export: float | None = None
    cash_flow: list[CashFlowYear] = Field(default=[], description="Empty where no tariff is known.")


class Alternative(Model):
    title: str
    trades: str
    modules: int
    pdc0_w: float
    inverter: str
    ac_annual_kwh: float | None = None
    module: str | None = None


class SizingResult(Model):
    status: Literal["feasible", "infeasible", "screening"]
    demand: DemandResult | None
    array: ArrayResult | None
    string_limits: StringLimits | None
    inverter: InverterResult | None
    storage: StorageResult | None = None
    conductors: list[Conductor] = []
    interconnection: Interconnection | None = None
    energy: Energy | None
    checks: list[Check]
    binding_check: str | None = Field(
        default=None, description="Of an infeasible design: the id of the check that stands in the way."
    )
    nearest_change: str | None = Field(
        default=None, description="Of an infeasible design: the smallest change found that makes it feasible."
    )
    economics: EconomicsResult | None = None
    alternatives: list[Alternative] = []
    assumptions: list[str] = []
    warnings: list[str] = []


class SizingAnswer(Model):
    """What sizing says at once: a result, the questions it would have asked, or both."""

    sizing: SizingResult | None
    questions: list[Question]
