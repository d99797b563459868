"""Where the work is, and for whom."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from state.base import Given, Model

Latitude = Annotated[float, Field(ge=-90, le=90, description="Degrees north.")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="Degrees east.")]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone, such as Africa/Nairobi") from None
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]


class Site(Given):
    latitude: Latitude
    longitude: Longitude
    elevation_m: Annotated[float, Field(ge=-450, le=6500)] | None = Field(
        default=None, description="Above sea level; looked up when absent."
    )
    timezone: TimeZoneName | None = Field(
        default=None, description="IANA name; looked up from the coordinates when absent."
    )
    address: Annotated[str, Field(max_length=500)] | None = None


class Customer(Model):
    name: Annotated[str, Field(max_length=200)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
