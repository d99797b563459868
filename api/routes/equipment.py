"""The equipment catalogue."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CurrentViewer
from core.catalog import search_batteries, search_inverters, search_modules
from state.equipment import BatteryDatasheet, InverterDatasheet, ModuleDatasheet

router = APIRouter(prefix="/equipment", tags=["equipment"])

Text = Annotated[str, Query(max_length=100, description="Part of a name; typing mistakes are forgiven.")]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/modules")
async def modules(_: CurrentViewer, q: Text = "", limit: Limit = 20) -> list[ModuleDatasheet]:
    """Search PV modules, best match first."""
    return search_modules(q, limit)


@router.get("/inverters")
async def inverters(_: CurrentViewer, q: Text = "", limit: Limit = 20) -> list[InverterDatasheet]:
    """Search inverters, best match first."""
    return search_inverters(q, limit)


@router.get("/batteries")
async def batteries(_: CurrentViewer, q: Text = "", limit: Limit = 20) -> list[BatteryDatasheet]:
    """Search batteries, best match first."""
    return search_batteries(q, limit)
