"""The equipment catalogue."""

from typing import Annotated

from fastapi import APIRouter, Query

from core.catalog import (
    search_batteries,
    search_charge_controllers,
    search_inverters,
    search_modules,
)
from core.catalog.appliances import search_appliances
from core.catalog.prices import price_books
from state.demand import KnownAppliance
from state.economics import NamedPriceBook
from state.equipment import BatteryDatasheet, ChargeControllerDatasheet, InverterDatasheet, ModuleDatasheet

router = APIRouter(prefix="/equipment", tags=["equipment"])

Text = Annotated[str, Query(max_length=100, description="Part of a name; typing mistakes are forgiven.")]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/modules")
async def modules(q: Text = "", limit: Limit = 20) -> list[ModuleDatasheet]:
    """Search PV modules, best match first."""
    return search_modules(q, limit)


@router.get("/inverters")
async def inverters(q: Text = "", limit: Limit = 20) -> list[InverterDatasheet]:
    """Search inverters, best match first."""
    return search_inverters(q, limit)


@router.get("/batteries")
async def batteries(q: Text = "", limit: Limit = 20) -> list[BatteryDatasheet]:
    """Search batteries, best match first."""
    return search_batteries(q, limit)


@router.get("/charge-controllers")
async def charge_controllers(q: Text = "", limit: Limit = 20) -> list[ChargeControllerDatasheet]:
    """Search MPPT charge controllers, best match first."""
    return search_charge_controllers(q, limit)


@router.get("/appliances")
async def appliances(q: Text = "", limit: Limit = 50) -> list[KnownAppliance]:
    """Well-known appliances and what they usually draw, which a job may leave out."""
    return search_appliances(q, limit)


@router.get("/price-books")
async def books() -> list[NamedPriceBook]:
    """Price books that a job may name, every price with its source and date."""
    return list(price_books())
