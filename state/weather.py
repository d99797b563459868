"""Weather as results carry it: the design resource, the forecast, the hours in which one may work."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from state.base import Given, Model, Monthly, MonthlyNonNegative, NonNegative

Quality = Literal["tmy", "satellite", "climatology", "user", "screening"]
Verdict = Literal["go", "caution", "stop", "unknown"]


class ResourceRequest(Given):
    """What the technician knows about the sun at the site."""

    peak_sun_hours: Annotated[float, Field(ge=0.5, le=9)] | None = Field(
        default=None, description="Annual mean of daily global horizontal irradiation [kWh/m²/day]."
    )
    weather_file_id: Annotated[str, Field(max_length=100)] | None = None


class PeakSunHours(Model):
    """Daily global horizontal irradiation [kWh/m²/day], which is hours at 1000 W/m²."""

    annual_mean: NonNegative
    worst_month: NonNegative
    monthly: MonthlyNonNegative


class DesignTemperatures(Model):
    """Ambient extremes that string voltages are designed for [°C]."""

    min_c: float | None
    max_c: float | None
    source: str
    approximation: str | None = Field(default=None, description="Set where the figures only stand in.")
    attribution: str | None = None
    issued_at: AwareDatetime | None = Field(default=None, description="When the provider was asked for them.")


class Resource(Model):
    """The climate the system is sized for. `ref` names the hourly year behind it."""

    ref: str
    source: str
    quality: Quality
    annual_ghi_kwh_m2: NonNegative
    peak_sun_hours: PeakSunHours
    monthly_temp_air_c: Monthly
    uncertainty_percent: NonNegative
    fallback: bool = Field(default=False, description="A stand-in; never triggers a re-size.")
    design_temperatures: DesignTemperatures | None = None
    attribution: str | None = None
    issued_at: AwareDatetime | None = Field(default=None, description="When the provider was asked for it.")
    notes: list[str] = []
    warnings: list[str] = Field(default=[], description="What was wrong with the providers asked before.")


class ForecastHour(Model):
    """One hour. Radiation and precipitation are means and sums over it; the rest holds at its middle."""

    start: AwareDatetime
    temp_air_c: float | None = None
    relative_humidity_pct: Annotated[float, Field(ge=0, le=100)] | None = None
    precipitation_mm: NonNegative | None = None
    weather_code: Annotated[int, Field(ge=0, le=99)] | None = Field(
        default=None, description="WMO code table 4677."
    )
    wind_speed_m_s: NonNegative | None = None
    wind_gust_m_s: NonNegative | None = None
    ghi_w_m2: NonNegative | None = None
    dni_w_m2: NonNegative | None = None
    dhi_w_m2: NonNegative | None = None
    cape_j_kg: NonNegative | None = None


class Forecast(Model):
    source: str
    issued_at: AwareDatetime = Field(
        description="When the provider made it; when it was fetched where it does not say."
    )
    hourly: list[ForecastHour]
    quality: Literal["model", "estimated"] = Field(
        default="model", description="`estimated`: sunlight reckoned from cloud cover, of low confidence."
    )
    attribution: str | None = None
    fallback: bool = Field(default=False, description="Another provider was to be asked first, and failed.")
    warnings: list[str] = Field(default=[], description="What was wrong with the providers asked before.")


class Window(Model):
    """A stretch of hours with one verdict, within daylight and working hours at the site."""

    start: AwareDatetime
    end: AwareDatetime
    verdict: Verdict
    reasons: list[str]


class Alert(Model):
    kind: Literal["wind", "thunderstorm", "ice", "heat", "rain", "other"]
    severity: Literal["caution", "stop"]
    start: AwareDatetime
    end: AwareDatetime
    detail: str
    rule: str
    source: str = Field(default="forecast", description="`forecast`, or the authority that issued it.")
    event: str | None = Field(default=None, description="What the authority calls it.")
    track: str | None = Field(
        default=None, description="The authority's name of the event through all of its updates."
    )
    issued_at: AwareDatetime | None = Field(default=None, description="When the authority sent it.")
    area: str | None = Field(
        default=None, description="Where the authority listed it: its state, not its zone."
    )


class ProductionHour(Model):
    """One hour of what an array is to deliver, on AC, as its mean power; low and high bound two in three hours."""

    start: AwareDatetime
    p_ac_w: NonNegative | None
    low_w: NonNegative | None
    high_w: NonNegative | None


class ProductionForecast(Model):
    source: str
    issued_at: AwareDatetime
    pdc0_w: NonNegative
    pac0_w: NonNegative
    hourly: list[ProductionHour]
    energy_kwh: NonNegative = Field(description="Sum of the hours that are known.")
    hours_unknown: int = Field(
        description="Of the 168: those that the forecast does not reach or does not know."
    )
    known_until: AwareDatetime | None = Field(
        default=None, description="End of the last hour that is known; None where none is."
    )
    band: str = Field(description="What the band stands on.")
    quality: Literal["model", "estimated"]
    attribution: str | None = None
    warnings: list[str] = []


class WeatherResult(Model):
    resource: Resource
    forecast: Forecast | None
    forecast_problem: str | None = Field(
        default=None, description="Why there is no forecast; the visit is then not called safe."
    )
    windows: list[Window]
    alerts: list[Alert]
    warnings: list[str] = Field(
        default=[], description="Providers that failed or answered nonsense, and how."
    )
