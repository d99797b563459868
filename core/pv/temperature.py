"""How warm the cells are: through a year, and at the worst hour that a string must bear."""

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.pv.weather_year import FloatArray

Mount = Literal["roof", "rack"]
TemperatureModel = Literal["fuentes", "noct_sam", "faiman"]

NOCT_INSTALLED: dict[Mount, float] = {"roof": 49.0, "rack": 45.0}
"""Cell temperature as mounted, at 800 W/m², 20 °C and 1 m/s, by mount; as in PVWatts [°C].

Dobos, "PVWatts version 5 manual," NREL/TP-6A20-62641, 2014, :doi:`10.2172/1158421`.
"""

_KELVIN = 273.15
_BOLTZMANN = 5.669e-8
_ABSORPTION = 0.83
_EMISSIVITY = 0.84
_CAPACITY = 11000.0
_HYDRAULIC_DIAMETER = 0.5
_MODULE_HEIGHT = 5.0
_ANEMOMETER_HEIGHT = 9.144
_SWEEPS = 4
_FIRST_LOSS = (18.0, 4.5)
"""Heat loss that the first sweep starts from, without wind and per m/s of it; any other settles alike [W/(m² K)]."""


def fuentes(
    poa_global: FloatArray,
    temp_air: FloatArray,
    wind_speed: FloatArray,
    *,
    noct_installed: float,
    continues: NDArray[np.bool_],
    step: float = 3600.0,
) -> FloatArray:
    """Give the cell temperature with the module's heat capacity.

    Parameters
    ----------
    poa_global : ndarray, shape (n,)
        Light on the module, above zero: only lit intervals are handed in. [W/m²]
    temp_air : ndarray, shape (n,)
        [°C]
    wind_speed : ndarray, shape (n,)
        At the anemometer, 9.144 m above ground. [m/s]
    noct_installed : float
        Installed nominal operating cell temperature, see `NOCT_INSTALLED`. [°C]
    continues : ndarray of bool, shape (n,)
        Whether an interval follows the one before it in the arrays at once. If not, it starts at dawn from the
        temperature of the air.
    step : float, default 3600
        Length of an interval. [s]

    Returns
    -------
    ndarray, shape (n,)
        [°C]

    Notes
    -----
    The heat balance of [1]_ with the constants of PVWatts: absorptance 0.83, emissivity 0.84, 11 kJ/(m² K), modules
    5 m above ground, inclined by 30°. The balance is implicit in the temperature, and each interval needs the one
    before. Neither is solved interval by interval: a sweep computes all intervals from the sweep before. A module
    forgets all but about 1 % of its state within an hour, so four sweeps settle to 0.00003 K on average (0.3 K in
    the worst hour of eleven years between 60° N and 45° S).

    References
    ----------
    .. [1] M. K. Fuentes, "A simplified thermal model for flat-plate photovoltaic arrays," SAND85-0330, Sandia
       National Laboratories, 1987.
    """
    module = _module_constants(noct_installed)
    air = temp_air + _KELVIN
    sky = 0.68 * 0.0552 * air * np.sqrt(air) + 0.32 * air
    wind = wind_speed * (_MODULE_HEIGHT / _ANEMOMETER_HEIGHT) ** 0.2 + 1e-4
    log_wind = np.log(wind)
    absorbed = _ABSORPTION * poa_global
    dawns = np.flatnonzero(~continues)
    absorbed_before = _shifted(absorbed, dawns, 0.0)
    rising = absorbed - absorbed_before
    air_at_dawn = air[dawns]

    cell: FloatArray = air + absorbed / (_FIRST_LOSS[0] + _FIRST_LOSS[1] * wind)
    for _ in range(_SWEEPS):
        before = _shifted(cell, dawns, air_at_dawn)
        ground = air + module.ground_ratio * (cell - air)
        h_conv = module.convection_ratio * _convection(cell, air, log_wind)
        h_sky = _radiation(cell, sky)
        h_ground = _radiation(cell, ground)
        h_total = h_conv + h_sky + h_ground
        decay = -h_total * (step / module.capacity)
        kept = np.exp(decay)
        driven = h_conv * air + h_sky * sky + h_ground * ground + absorbed_before + rising / decay
        cell = before * kept + ((1.0 - kept) * driven + rising) / h_total
    return cell - _KELVIN


def noct_sam(
    effective_irradiance: FloatArray,
    temp_air: FloatArray,
    wind_speed: FloatArray,
    *,
    noct_installed: float,
    module_efficiency: float = 0.19,
) -> FloatArray:
    """Give the cell temperature scaled from the nominal operating one; no heat is stored.

    Parameters
    ----------
    effective_irradiance : ndarray, shape (n,)
        Light that reached the cells. [W/m²]
    temp_air : ndarray, shape (n,)
        [°C]
    wind_speed : ndarray, shape (n,)
        At the anemometer; at the module 0.51 of it, for up to one storey above ground. [m/s]
    noct_installed : float
        See `NOCT_INSTALLED`. [°C]
    module_efficiency : float, default 0.19
        What becomes electricity does not heat; the default is that of a standard module in PVWatts. [unitless]

    Returns
    -------
    ndarray, shape (n,)
        [°C]

    Notes
    -----
    The model of PVWatts version 8, which takes what passed the glass for the light; others take what meets it, and are
    a tenth of a degree warmer. On typical years it is 1 to 3 K cooler than `fuentes`, weighted by the light.

    References
    ----------
    .. [1] P. Gilman et al., "SAM photovoltaic model technical reference update," NREL/TP-6A20-67399, 2018, sec. 10.6.
       :doi:`10.2172/1429291`
    """
    not_converted = 1.0 - module_efficiency / 0.9
    wind_loss = 9.5 / (5.7 + 3.8 * 0.51 * wind_speed)
    return temp_air + effective_irradiance * ((noct_installed - 20.0) / 800.0 * not_converted) * wind_loss


def faiman(
    poa_global: FloatArray,
    temp_air: FloatArray,
    wind_speed: FloatArray,
    *,
    u0: float = 25.0,
    u1: float = 6.84,
) -> FloatArray:
    """Give the cell temperature of a free-standing module in a steady state.

    Parameters
    ----------
    poa_global : ndarray, shape (n,)
        [W/m²]
    temp_air : ndarray, shape (n,)
        [°C]
    wind_speed : ndarray, shape (n,)
        [m/s]
    u0, u1 : float
        Heat loss without wind [W/(m² K)] and its rise with the wind [W s/(m³ K)]; the defaults are the mean over
        the seven module types of [1]_.

    Returns
    -------
    ndarray, shape (n,)
        [°C]

    References
    ----------
    .. [1] D. Faiman, "Assessing the outdoor operating temperature of photovoltaic modules," Progress in
       Photovoltaics, vol. 16, no. 4, pp. 307-315, 2008. :doi:`10.1002/pip.813`
    """
    return temp_air + poa_global / (u0 + u1 * wind_speed)


def temp_cell_hot(temp_air_max: float, mount: Mount) -> float:
    """Give the cell temperature that a string's lowest voltage is checked at.

    Parameters
    ----------
    temp_air_max : float
        Highest air temperature that the design provides for. [°C]
    mount : {"roof", "rack"}

    Returns
    -------
    float
        In full sun, 1000 W/m², and a wind of 1 m/s: the rise over the air at the nominal operating cell
        temperature, 800 W/m², scaled to the brighter light (36 K on a roof, 31 K on a rack). [°C]
    """
    return temp_air_max + (NOCT_INSTALLED[mount] - 20.0) * (1000.0 / 800.0)


class _Module(NamedTuple):
    """What a nominal operating cell temperature says about a mounted module."""

    convection_ratio: float
    ground_ratio: float
    capacity: float


@lru_cache(maxsize=16)
def _module_constants(noct_installed: float) -> _Module:
    """Solve the heat balance at the nominal conditions for the share of heat that leaves through the back."""
    cell, air, sky = noct_installed + _KELVIN, 293.15, 282.21
    absorbed = _ABSORPTION * 800.0
    front = float(_convection(np.array([cell]), np.array([air]), np.array([0.0]))[0])
    to_ground = float(_radiation(np.array([cell]), np.array([air]))[0])
    to_sky = _EMISSIVITY * _BOLTZMANN * (cell**4 - sky**4)
    back_ratio = (absorbed - to_sky - front * (cell - air)) / ((to_ground + front) * (cell - air))
    ground = max(cell**4 - back_ratio * (cell**4 - air**4), 0.0) ** 0.25
    ground = min(max(ground, air), cell)
    convection = absorbed - to_sky - _EMISSIVITY * _BOLTZMANN * (cell**4 - ground**4)
    return _Module(
        convection_ratio=convection / (front * (cell - air)),
        ground_ratio=(ground - air) / (cell - air),
        capacity=_CAPACITY * (1.0 + max(noct_installed - 48.0, 0.0) / 12.0),
    )


def _shifted(values: FloatArray, starts: NDArray[np.intp], at_starts: FloatArray | float) -> FloatArray:
    """Give the value of the interval before, and at the starts of a sequence what is given for them."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    before[starts] = at_starts
    return before


def _radiation(cell: FloatArray, other: FloatArray) -> FloatArray:
    return (_EMISSIVITY * _BOLTZMANN) * (cell**2 + other**2) * (cell + other)


_AIR_DENSITY = 0.003484 * 101325.0
_LOG_VISCOSITY = math.log(0.24237e-6 / _AIR_DENSITY)
_LOG_REYNOLDS = math.log(_HYDRAULIC_DIAMETER) - _LOG_VISCOSITY
_LOG_GRASHOF = math.log(9.8 * 0.5 * _HYDRAULIC_DIAMETER**3) - 2.0 * _LOG_VISCOSITY
_LOG_LAMINAR = math.log(0.86 / 0.71**0.67 * _AIR_DENSITY * 1007.0) - 0.5 * _LOG_REYNOLDS
_LOG_TURBULENT = math.log(0.0282 / 0.71**0.4 * _AIR_DENSITY * 1007.0) - 0.2 * _LOG_REYNOLDS
_LOG_FREE = math.log(0.21 * 2.1695e-4 / _HYDRAULIC_DIAMETER) + 0.32 * (math.log(0.71) + _LOG_GRASHOF)


def _convection(cell: FloatArray, air: FloatArray, log_wind: FloatArray) -> FloatArray:
    """Give forced and free convection from the front [W/(m² K)].

    Viscosity goes with the film temperature to the power of 1.76, conductivity 0.84, density -1; so both are straight
    lines in logarithms, which spares the powers. The flow turns turbulent where that loses more heat: at a Reynolds
    number of 1.206e5 for the 1.2e5 of the original, where the loss would jump by 0.15 %.
    """
    log_film = np.log((cell + air) * 0.5)
    laminar = (_LOG_LAMINAR + 0.5 * log_wind) + (0.5 * 1.76 - 1.0) * log_film
    turbulent = (_LOG_TURBULENT + 0.8 * log_wind) + (0.2 * 1.76 - 1.0) * log_film
    forced = np.maximum(laminar, turbulent)
    log_rise = np.log(np.maximum(np.abs(cell - air), 1e-6))
    free = _LOG_FREE + 0.32 * log_rise + (0.84 - 0.32 * 4.52) * log_film
    together: FloatArray = np.cbrt(np.exp(3.0 * free) + np.exp(3.0 * forced))
    return together
