"""What reaches the cells of a plane, and how warm they are: the part of a year that no choice of equipment changes."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.pv.atmosphere import absolute_airmass, pressure_at, spectral_modifier
from core.pv.iam import beam_modifier, diffuse_modifiers
from core.pv.irradiance import PerezSky, cos_incidence, ground_reflected, perez, perez_sky
from core.pv.shading import row_shading, typical_rows
from core.pv.solar_position import Direction, SolarPosition
from core.pv.system import Plane, System
from core.pv.temperature import NOCT_INSTALLED, TemperatureModel, faiman, fuentes, noct_sam
from core.pv.weather_year import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Daylight:
    """Sun, light and weather of a site, the same for every plane there, in the lit intervals only.

    Parameters
    ----------
    length : int
        Intervals with and without light.
    lit : ndarray of int, shape (n,)
        Positions of the lit ones among them.
    continues : ndarray of bool, shape (n,)
        Whether the interval before was lit too.
    month : ndarray of int, shape (n,)
        0 for January.
    zenith, azimuth : ndarray, shape (n,)
        Of the sun, with refraction. [°]
    direction : Direction
        The same, of shape (n,).
    ghi, dni : ndarray, shape (n,)
        [W/m²]
    sky : PerezSky
        Arrays of shape (n,).
    spectrum : ndarray, shape (n,)
        Factor on the response of the cells. [unitless]
    temp_air : ndarray, shape (n,)
        [°C]
    wind_speed : ndarray, shape (n,)
        [m/s]
    """

    length: int
    lit: NDArray[np.intp]
    continues: NDArray[np.bool_]
    month: NDArray[np.int64]
    zenith: FloatArray
    azimuth: FloatArray
    direction: Direction
    ghi: FloatArray
    dni: FloatArray
    sky: PerezSky
    spectrum: FloatArray
    temp_air: FloatArray
    wind_speed: FloatArray

    @classmethod
    def select(
        cls,
        sun: SolarPosition,
        *,
        month: NDArray[np.int64],
        elevation: float,
        ghi: FloatArray,
        dni: FloatArray,
        dhi: FloatArray,
        temp_air: FloatArray,
        wind_speed: FloatArray,
    ) -> Self:
        """Keep the intervals in which the sun is up and light was measured; all arrays of one length."""
        lit = np.flatnonzero((sun.apparent_zenith < 90.0) & (np.maximum(dni, dhi) > 0.0))
        zenith = sun.apparent_zenith[lit]
        beam = np.maximum(dni[lit], 0.0)
        airmass = sun.airmass[lit]
        return cls(
            length=len(ghi),
            lit=lit,
            continues=np.diff(lit, prepend=-2) == 1,
            month=month[lit],
            zenith=zenith,
            azimuth=sun.azimuth[lit],
            direction=Direction(*(component[lit] for component in sun.direction)),
            ghi=np.maximum(ghi[lit], 0.0),
            dni=beam,
            sky=perez_sky(np.maximum(dhi[lit], 0.0), beam, sun.dni_extra[lit], zenith, airmass),
            spectrum=spectral_modifier(absolute_airmass(airmass, pressure_at(elevation))),
            temp_air=temp_air[lit],
            wind_speed=np.maximum(wind_speed[lit], 0.0),
        )

    def spread(self, values: FloatArray, elsewhere: FloatArray | float = 0.0) -> FloatArray:
        """Lay values of the lit intervals back among all of them."""
        everywhere = np.empty(self.length)
        everywhere[:] = elsewhere
        everywhere[self.lit] = values
        return everywhere


@dataclass(frozen=True, slots=True, eq=False)
class PlaneConditions:
    """Light and warmth of one plane in the lit intervals; arrays of shape (n,).

    Parameters
    ----------
    poa_global : ndarray
        On the open plane. [W/m²]
    unshaded : ndarray
        What the rows in front leave of it. [W/m²]
    incident : ndarray
        What obstacles and dirt leave of that. [W/m²]
    transmitted : ndarray
        What passes the glass. [W/m²]
    effective_irradiance : ndarray
        What that is worth to the cells, given its spectrum. [W/m²]
    temp_cell : ndarray
        [°C]
    """

    poa_global: FloatArray
    unshaded: FloatArray
    incident: FloatArray
    transmitted: FloatArray
    effective_irradiance: FloatArray
    temp_cell: FloatArray


def plane_conditions(
    daylight: Daylight, plane: Plane, system: System, *, passing: FloatArray
) -> PlaneConditions:
    """Give what a plane receives.

    Parameters
    ----------
    daylight : Daylight
        Of the site.
    plane : Plane
        Modules on a roof lie in its plane; those on a rack stand in rows and shade each other.
    system : System
        Of which only the first two temperature models know the mount.
    passing : ndarray, shape (n,)
        Share of the light that obstacles and dirt leave. [unitless]

    Returns
    -------
    PlaneConditions
        In the lit intervals of `daylight`.
    """
    tilt = plane.surface_tilt
    facing = cos_incidence(tilt, plane.surface_azimuth, daylight.direction)
    direct = daylight.dni * np.maximum(facing, 0.0)
    sky = perez(tilt, daylight.sky, facing)
    ground = ground_reflected(tilt, daylight.ghi, system.albedo)
    poa_global = direct + sky + ground
    if plane.mount == "rack":
        left = row_shading(
            tilt,
            plane.surface_azimuth,
            daylight.zenith,
            daylight.azimuth,
            _beam_share(daylight),
            gcr=system.gcr,
            rows=system.rows or typical_rows(plane.pdc0),
        )
        direct, sky, ground = direct * left.beam, sky * left.sky, ground * left.ground
    unshaded = direct + sky + ground
    incident = unshaded * passing
    passes = diffuse_modifiers(tilt)
    transmitted = (direct * beam_modifier(facing) + sky * passes.sky + ground * passes.ground) * passing
    effective = transmitted * daylight.spectrum
    return PlaneConditions(
        poa_global=poa_global,
        unshaded=unshaded,
        incident=incident,
        transmitted=transmitted,
        effective_irradiance=effective,
        temp_cell=_temp_cell(daylight, incident, effective, plane, system.temperature_model),
    )


def _beam_share(daylight: Daylight) -> FloatArray:
    return np.clip(1.0 - daylight.sky.dhi / np.maximum(daylight.ghi, 1e-6), 0.0, 1.0)


def _temp_cell(
    daylight: Daylight, incident: FloatArray, effective: FloatArray, plane: Plane, model: TemperatureModel
) -> FloatArray:
    temp_air, wind_speed = daylight.temp_air, daylight.wind_speed
    noct_installed = NOCT_INSTALLED[plane.mount]
    match model:
        case "fuentes":
            return fuentes(
                incident, temp_air, wind_speed, noct_installed=noct_installed, continues=daylight.continues
            )
        case "noct_sam":
            return noct_sam(
                effective,
                temp_air,
                wind_speed,
                noct_installed=noct_installed,
                module_efficiency=plane.efficiency,
            )
        case "faiman":
            return faiman(incident, temp_air, wind_speed)
