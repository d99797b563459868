"""Height above the sea and time zone of a position, from maps that ship with the product."""

from functools import lru_cache

import tzfpy

from core.climate.maps import read_cell

_METRES_PER_STEP = 28.0
_LOWEST = -450.0
_NO_DATA = 255


@lru_cache(maxsize=4096)
def lookup_elevation(latitude: float, longitude: float) -> float:
    """Height above sea level [m], in the map's steps of 28 m; 0 where the map knows nothing.

    The map in pvlib's wheel has cells of 5 arc minutes (9 km at the equator), averaged from open terrain
    models by Mapzen. In mountains a site may lie hundreds of metres off; pvlib states errors above 100 m.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    """
    step = int(read_cell("Altitude.h5", "Altitude", latitude, longitude))
    return 0.0 if step == _NO_DATA else step * _METRES_PER_STEP + _LOWEST


@lru_cache(maxsize=4096)
def lookup_timezone(latitude: float, longitude: float) -> str:
    """IANA time zone of a position, `Etc/GMT±n` on the high seas.

    Borders are simplified to some hundred metres, so a site on one may fall to its neighbour.

    Parameters
    ----------
    latitude, longitude : float
        Degrees north and east. [°]
    """
    return str(tzfpy.get_tz(longitude, latitude)) or "Etc/UTC"
