"""Where an address is, for those who fill in a job without coordinates."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import ServicesDep
from core.errors import NotFound
from state.base import Model
from state.site import Latitude, Longitude

router = APIRouter(prefix="/places", tags=["places"])


class Place(Model):
    """A candidate for `site`."""

    latitude: Latitude
    longitude: Longitude
    name: str
    attribution: str | None


@router.get("")
async def places(
    services: ServicesDep, address: Annotated[str, Query(min_length=3, max_length=500)]
) -> list[Place]:
    """Candidates for an address, best first; 404 where no geocoder is configured, 502 where it fails."""
    if services.geocoder is None:
        raise NotFound("Addresses are not looked up here: GEOCODER_URL is not set.")
    found = await services.geocoder.find(address)
    return [Place(**each._asdict()) for each in found]
