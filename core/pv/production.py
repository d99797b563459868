"""What a sized array is to deliver in the hours of a forecast, with a band that says how sure that is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from core.pv.atmosphere import erbs, ineichen
from core.pv.inverter import EfficiencyCurve
from core.pv.simulate import Plane, System, simulate_times
from core.pv.solar_position import Instants, solar_position
from core.pv.weather_year import FloatArray
from state.equipment import Array
from state.site import Site
from state.sizing import ArrayResult, InverterResult
from state.weather import Forecast, ForecastHour, ProductionForecast, ProductionHour

HOUR = timedelta(hours=1)
HOURS = 7 * 24

BAND = {"model": 0.13, "estimated": 0.26}
"""Half the width of the band, of the nameplate. [unitless]

Day-ahead forecasts of two 1 MW plants from weather models missed their hourly power by a root mean square of 10.3 to
14.0 % of nameplate: D. P. Larson, L. Nonnenmacher and C. F. M. Coimbra, "Day-ahead forecasting of solar power output
from photovoltaic plants in the American Southwest," Renewable Energy, vol. 91, pp. 11-20, 2016. Later days are less
sure, and nothing published was read for light that is reckoned from cloud cover: for that twice the width is an
assumption.
"""

BAND_SOURCE = {
    "model": "±13 % of nameplate by day, within a clear sky: root mean square error of published day-ahead forecasts "
    "is 10.3 to 14.0 % (Larson et al., Renewable Energy 91, 2016); later days are less sure",
    "estimated": "±26 % of nameplate by day, within a clear sky: twice the error of published day-ahead forecasts "
    "(Larson et al., Renewable Energy 91, 2016), an assumption, as sunlight was reckoned from cloud cover",
}

CLEAR_TURBIDITY = 2.0
"""Linke turbidity of very clear air: what bounds the band from above. [unitless]"""

DEFAULT_ETA_INV = 0.96
"""Where a datasheet gives no efficiency; the default of PVWatts v8."""

DENSEST_ROWS = 0.99
_WEATHER = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2", "temp_air_c", "wind_speed_m_s")


def production_forecast(
    forecast: Forecast, site: Site, array: ArrayResult, inverter: InverterResult, wanted: Array, now: datetime
) -> ProductionForecast:
    """Give the AC power of each of the next 168 hours.

    Parameters
    ----------
    forecast : Forecast
        Light as means over the hours; the sun is placed in their middle.
    array, inverter : ArrayResult, InverterResult
        As sized.
    wanted : Array
        For losses, albedo and row spacing.
    now : datetime
        Aware; the hour that it lies in is the first.

    Notes
    -----
    An hour that the forecast does not reach, or whose light, air or wind is not known, has no power, low or high. The
    band is symmetric about the power, but never below zero nor above what a very clear sky or the inverter would give.
    """
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    foreseen = {hour.start: hour for hour in forecast.hourly}
    starts = [first + ahead * HOUR for ahead in range(HOURS)]
    hours = [foreseen.get(start) or ForecastHour(start=start) for start in starts]
    weather = {name: _column(hours, name) for name in _WEATHER}
    known = np.isfinite(np.array(list(weather.values()))).all(axis=0)
    middles = _middles(hours)
    plant = _Plant(site, array, inverter, wanted)
    ghi, dni, dhi, temp_air, wind_speed = (np.where(known, weather[name], 0.0) for name in _WEATHER)
    power = plant.power(middles, ghi, dni, dhi, temp_air, wind_speed)
    clear = plant.clear_power(middles, temp_air, wind_speed)
    sunlit = power + clear > 0.0
    half = BAND[forecast.quality] * array.pdc0_w * sunlit
    low = np.maximum(power - half, 0.0)
    high = np.minimum(power + half, np.maximum(clear, power))
    return ProductionForecast(
        source=forecast.source,
        issued_at=forecast.issued_at,
        pdc0_w=array.pdc0_w,
        pac0_w=inverter.pac0_w,
        hourly=[
            ProductionHour(start=hour.start, p_ac_w=p, low_w=lowest, high_w=highest)
            if is_known
            else ProductionHour(start=hour.start, p_ac_w=None, low_w=None, high_w=None)
            for hour, is_known, p, lowest, highest in zip(
                hours,
                known.tolist(),
                *(np.round(each, 1).tolist() for each in (power, low, high)),
                strict=True,
            )
        ],
        energy_kwh=round(float(power[known].sum()) / 1000.0, 2),
        hours_unknown=int((~known).sum()),
        known_until=starts[int(np.flatnonzero(known)[-1])] + HOUR if known.any() else None,
        band=BAND_SOURCE[forecast.quality],
        quality=forecast.quality,
        attribution=forecast.attribution,
        warnings=[*_short_of(forecast, starts), *forecast.warnings],
    )


def _short_of(forecast: Forecast, starts: Sequence[datetime]) -> list[str]:
    """That the provider's horizon ends within these hours, if it does."""
    end = max((hour.start + HOUR for hour in forecast.hourly), default=starts[0])
    beyond = sum(start >= end for start in starts)
    if not beyond:
        return []
    return [
        f"{forecast.source}: its forecast ends {beyond} hours short of a week, at {end:%Y-%m-%d %H:%M} UTC"
    ]


def _column(hours: Sequence[ForecastHour], name: str) -> FloatArray:
    return np.array([getattr(hour, name) for hour in hours], dtype=np.float64)


def _middles(hours: Sequence[ForecastHour]) -> Instants:
    starts = np.array([round(hour.start.timestamp() * 1e6) for hour in hours], dtype=np.int64)
    middles: Instants = (starts + 1_800_000_000).astype("datetime64[us]")
    return middles


class _Plant:
    """The array behind its inverters, at its site."""

    def __init__(self, site: Site, array: ArrayResult, inverter: InverterResult, wanted: Array) -> None:
        self._latitude, self._longitude = site.latitude, site.longitude
        self._elevation = site.elevation_m or 0.0
        gamma = array.module.gamma_pmp_pct_per_c / 100.0
        self._planes = [
            Plane(plane.surface_tilt, plane.surface_azimuth, plane.mount, plane.pdc0_w, gamma)
            for plane in array.planes
            if plane.pdc0_w > 0.0
        ]
        stated = inverter.efficiency_pct
        self._system = System(
            inverter.pac0_w,
            losses_percent=wanted.system_losses_percent,
            inverter=EfficiencyCurve.pvwatts(DEFAULT_ETA_INV if stated is None else stated / 100.0),
            albedo=wanted.albedo,
            gcr=min(wanted.gcr, DENSEST_ROWS),
        )

    def power(
        self,
        middles: Instants,
        ghi: FloatArray,
        dni: FloatArray,
        dhi: FloatArray,
        temp_air: FloatArray,
        wind_speed: FloatArray,
    ) -> FloatArray:
        """AC power [W]."""
        return simulate_times(
            middles,
            self._latitude,
            self._longitude,
            self._elevation,
            ghi=ghi,
            dni=dni,
            dhi=dhi,
            temp_air=temp_air,
            wind_speed=wind_speed,
            planes=self._planes,
            system=self._system,
        ).p_ac

    def clear_power(self, middles: Instants, temp_air: FloatArray, wind_speed: FloatArray) -> FloatArray:
        """AC power under a very clear sky [W]."""
        sun = solar_position(middles, self._latitude, self._longitude)
        ghi, _, _ = ineichen(sun.apparent_zenith, sun.dni_extra, CLEAR_TURBIDITY, self._elevation)
        dni, dhi = erbs(ghi, sun.zenith, sun.dni_extra)
        return self.power(middles, ghi, dni, dhi, temp_air, wind_speed)
