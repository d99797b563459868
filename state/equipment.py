"""Equipment: what is on the roof and on the wall, as datasheets state it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from state.base import Given, Percent, Positive, Readable
from state.losses import MonthlyPercent, SystemLosses, YieldUncertainty

CHEMISTRY_ALIASES = {"lithium": "lithium_ion", "lithium-ion": "lithium_ion"}


def _chemistry(value: object) -> object:
    return CHEMISTRY_ALIASES.get(value, value) if isinstance(value, str) else value


Chemistry = Annotated[Literal["lead_acid", "lithium_ion"], BeforeValidator(_chemistry)]
Volts = Annotated[float, Field(gt=0, le=2000)]
Amperes = Annotated[float, Field(gt=0, le=10_000)]
Watts = Annotated[float, Field(gt=0, le=10_000_000)]
Pairs = Annotated[tuple[tuple[Positive, Positive], ...], Field(min_length=1, max_length=20)]
Temperature = Annotated[float, Field(ge=-60, le=90)]
CecRow = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Its name in the CEC list, whose parameters serve the energy.",
    ),
]
Coefficient = Annotated[float, Field(ge=-2, le=2, description="Percent per kelvin.")]


DEFAULT_LOSSES_PERCENT = 14.0
"""The round figure that PVWatts shows for its own items, which come to 14.08."""


class ModuleDatasheet(Given):
    """A PV module at standard test conditions (1000 W/m², 25 °C cell, AM 1.5)."""

    manufacturer: Annotated[str, Readable]
    model: Annotated[str, Readable]
    p_mp_w: Annotated[float, Field(gt=0, le=2000)]
    v_oc_v: Annotated[float, Field(gt=0, le=500)]
    i_sc_a: Annotated[float, Field(gt=0, le=100)]
    v_mp_v: Annotated[float, Field(gt=0, le=500)]
    i_mp_a: Annotated[float, Field(gt=0, le=100)]
    beta_voc_pct_per_c: Annotated[float, Field(ge=-1, lt=0)]
    gamma_pmp_pct_per_c: Annotated[float, Field(ge=-1, lt=0)]
    alpha_isc_pct_per_c: Coefficient | None = None
    beta_vmp_pct_per_c: Annotated[float, Field(ge=-1, lt=0)] | None = None
    area_m2: Annotated[float, Field(gt=0, le=10)] | None = None
    max_system_voltage_v: Volts | None = None
    max_series_fuse_a: Annotated[float, Field(gt=0, le=100)] | None = None
    cec_row: CecRow | None = None
    source: Annotated[str, Readable] | None = Field(default=None, description="Where the figures were read.")


class InverterDatasheet(Given):
    """An inverter's limits. One that its datasheet does not state is absent, and its check not evaluated."""

    manufacturer: Annotated[str, Readable]
    model: Annotated[str, Readable]
    pac_w: Watts
    kind: Literal["string", "hybrid", "off_grid"] | None = None
    vdc_max_v: Volts | None = None
    mppt_min_v: Volts | None = None
    mppt_max_v: Volts | None = None
    v_start_v: Volts | None = None
    mppt_count: Annotated[int, Field(ge=1, le=64)] | None = None
    pdc_max_w: Watts | None = None
    isc_max_per_mppt_a: Amperes | None = None
    idc_max_per_mppt_a: Amperes | None = None
    ac_current_max_a: Amperes | None = None
    ac_voltage_v: Annotated[float, Field(gt=0, le=1000)] | None = None
    efficiency_pct: Annotated[float, Field(gt=50, le=100)] | None = None
    surge_w: Watts | None = None
    battery_voltage_v: Annotated[float, Field(gt=0, le=1000)] | None = None
    battery_chemistries: tuple[Chemistry, ...] | None = Field(
        default=None, description="Those it is made for; any where the sheet does not say."
    )
    battery_v_min: Volts | None = Field(default=None, description="Least battery voltage it works with.")
    battery_v_max: Volts | None = Field(default=None, description="Largest battery voltage it bears.")
    charge_current_max_a: Amperes | None = None
    backup_w: Watts | None = Field(
        default=None, description="Continuous power without the grid, where it differs from the rated one."
    )
    ac_phases: Literal[1, 2, 3] | None = Field(
        default=None, description="Phases of the output; 2 is split-phase."
    )
    cec_row: CecRow | None = None
    source: Annotated[str, Readable] | None = Field(default=None, description="Where the figures were read.")


class BatteryDatasheet(Given):
    """A battery. Capacity is the rated one, its rate in the notes of its source."""

    manufacturer: Annotated[str, Readable]
    model: Annotated[str, Readable]
    chemistry: Chemistry
    nominal_v: Annotated[float, Field(gt=0, le=1000)]
    capacity_ah: Annotated[float, Field(gt=0, le=10_000)]
    depth_of_discharge_pct: Annotated[float, Field(gt=0, le=100)] | None = None
    round_trip_efficiency_pct: Annotated[float, Field(gt=0, le=100)] | None = None
    max_charge_a: Amperes | None = None
    max_discharge_a: Amperes | None = None
    capacity_at_rates: Pairs | None = Field(
        default=None, description="[hours of discharge, capacity in Ah], the rated capacity among them."
    )
    cycles_at_depths: Pairs | None = Field(
        default=None, description="[depth of discharge in percent, cycles to the end of life]."
    )
    charge_temp_min_c: Temperature | None = None
    charge_temp_max_c: Temperature | None = None
    source: Annotated[str, Readable] | None = Field(default=None, description="Where the figures were read.")


class ChargeControllerDatasheet(Given):
    """An MPPT charge controller between an array and a battery bank."""

    manufacturer: Annotated[str, Readable]
    model: Annotated[str, Readable]
    charge_current_max_a: Amperes
    pv_voc_max_v: Volts = Field(description="Largest open-circuit voltage, at the lowest temperature.")
    battery_voltages_v: Annotated[tuple[Volts, ...], Field(min_length=1, max_length=6)]
    pv_isc_max_a: Amperes | None = None
    mppt_max_v: Volts | None = None
    pv_power_max_w: Pairs | None = Field(
        default=None, description="[battery voltage in V, array power in W it makes use of]."
    )
    efficiency_pct: Annotated[float, Field(gt=50, le=100)] | None = None
    source: Annotated[str, Readable] | None = Field(default=None, description="Where the figures were read.")


class Equipment(Given):
    """A catalogue name or a datasheet for each; what is absent is chosen from the catalogue."""

    module: ModuleDatasheet | Annotated[str, Field(min_length=1, max_length=200)] | None = None
    inverter: InverterDatasheet | Annotated[str, Field(min_length=1, max_length=200)] | None = None
    battery: BatteryDatasheet | Annotated[str, Field(min_length=1, max_length=200)] | None = None
    battery_chemistry: Chemistry | None = None


class RoofPlane(Given):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    surface_tilt: Annotated[float, Field(ge=0, le=90, description="Degrees from horizontal.")]
    surface_azimuth: Annotated[float, Field(ge=0, le=360, description="Degrees clockwise from north.")]
    area_m2: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    width_m: Annotated[float, Field(gt=0, le=10_000)] | None = Field(
        default=None, description="Along the eaves; with a setback, a plane without it is taken as a square."
    )
    setback_m: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0, description="Left free along every edge: fire access, ridge, wind."
    )
    mount: Literal["roof", "rack"] = "roof"


class StringLayout(Given):
    mppt: Annotated[int, Field(ge=1, le=10_000, description="Counted through all inverters.")]
    modules_per_string: Annotated[int, Field(ge=1, le=200)]
    parallel: Annotated[int, Field(ge=1, le=1000)] = 1
    plane: Annotated[str, Field(max_length=100)] | None = Field(
        default=None, description="Name of the roof plane it lies on; the first one when absent."
    )


Objective = Literal["fewest_warnings", "cost_per_kwh", "smallest"]


class Array(Given):
    objective: Objective = Field(
        default="fewest_warnings",
        description="What designs are ranked by, after failed checks: warnings and nearness to what is wanted, "
        "capital cost per useful kWh of a year, or the area that the modules cover.",
    )
    pdc0_w: Annotated[float, Field(gt=0, le=100_000_000)] | None = Field(
        default=None, description="Nameplate DC power wanted; chosen by the demand when absent."
    )
    energy_share: Annotated[float, Field(gt=0, le=3)] = Field(
        default=1.0, description="Share of the annual use that the array is to produce, where it is sized."
    )
    losses_percent: Percent | None = Field(
        default=None,
        description="All system losses together, in place of `losses`; 14 where neither is given.",
        examples=[14],
    )
    losses: SystemLosses | None = Field(
        default=None, description="System losses item by item.", examples=[{"soiling_percent": 4}]
    )
    soiling_monthly_percent: MonthlyPercent | None = Field(
        default=None,
        description="Light lost to dirt in each month, in place of the item `soiling_percent`.",
        examples=[[6, 6, 4, 1, 1, 2, 2, 3, 4, 3, 1, 3]],
    )
    shading_monthly_percent: MonthlyPercent | None = Field(
        default=None,
        description="Light lost to obstacles in each month, in place of the item `shading_percent`.",
        examples=[[8, 5, 3, 2, 2, 2, 2, 2, 3, 4, 7, 9]],
    )
    temperature_model: Literal["fuentes", "noct_sam", "faiman"] = Field(
        default="fuentes", description="Of the cells; the last one does not know the mount."
    )
    dc_model: Literal["pvwatts", "single_diode"] = Field(
        default="pvwatts",
        description="`single_diode` takes the module's row of the CEC list where `cec_row` names it, else "
        "parameters fitted to its datasheet.",
    )
    uncertainty: YieldUncertainty = Field(
        default=YieldUncertainty(), description="What P90 rests on, beside the resource's own spread."
    )
    dc_ac_ratio: Annotated[float, Field(ge=0.5, le=3)] | None = None
    albedo: Annotated[float, Field(ge=0, le=1)] = 0.2
    gcr: Annotated[float, Field(gt=0, le=1)] = 0.4
    strings: Annotated[list[StringLayout], Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="An existing design, to be checked only."
    )

    @property
    def system_losses_percent(self) -> float:
        """What is lost beside all that is modelled; items that are given by month are left to their months."""
        if self.losses_percent is not None:
            return self.losses_percent
        by_month = {
            "soiling_percent": self.soiling_monthly_percent,
            "shading_percent": self.shading_monthly_percent,
        }
        modelled = {item: 0.0 for item, monthly in by_month.items() if monthly is not None}
        if self.losses is None and not modelled:
            return DEFAULT_LOSSES_PERCENT
        return (self.losses or SystemLosses()).model_copy(update=modelled).total_percent


class Electrical(Given):
    standard: Literal["nec_2023", "iec_62548"] = "nec_2023"
    design_temp_min_c: Annotated[float, Field(ge=-60, le=30)] | None = None
    design_temp_max_c: Annotated[float, Field(ge=0, le=60)] | None = None
    busbar_a: Annotated[float, Field(gt=0, le=10_000)] | None = None
    main_breaker_a: Annotated[float, Field(gt=0, le=10_000)] | None = None
    existing_backfeed_a: Annotated[float, Field(ge=0, le=10_000)] = 0
    load_breakers_a: Annotated[float, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="Ratings of all load breakers in the panel together, without the main one."
    )
    service_voltage_v: Annotated[float, Field(gt=0, le=1000)] | None = None
    panel_feed: Literal["end", "center"] = "end"
    dwelling: bool = True
    dc_cable_m: Annotated[float, Field(ge=0, le=10_000)] | None = None
    ac_cable_m: Annotated[float, Field(ge=0, le=10_000)] | None = None
    conduit_conductors: Annotated[int, Field(ge=1, le=40)] = 2


class Storage(Given):
    autonomy_days: Annotated[float, Field(gt=0, le=14)] = 1.0
    system_voltage_v: Annotated[float, Field(gt=0, le=1000)] = 48.0
    critical_only: bool = False
    temperature_c: Annotated[float, Field(ge=-20, le=60)] = 25.0
    strategy: Literal["self_consumption", "time_of_use"] = Field(
        default="self_consumption",
        description="Beside a grid: serve the loads whenever the array cannot, or when energy is dear.",
    )
    backup_reserve_pct: Percent = Field(
        default=0.0, description="Of the usable energy, kept for outages beside a grid."
    )
    grid_charging: bool = Field(
        default=False, description="Whether the grid may charge the battery when it is cheap (time of use)."
    )
