"""Typical years that technicians bring."""

from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, File, UploadFile, status

from api.deps import CurrentViewer, Session
from core.climate.weather_files import parse_weather_file
from core.database.weather_files import WeatherFileRepository
from state.base import Model

router = APIRouter(prefix="/weather-files", tags=["weather"])


class WeatherFile(Model):
    id: UUID
    name: str
    latitude: float
    longitude: float
    elevation_m: float
    annual_ghi_kwh_m2: float


@router.post("", status_code=status.HTTP_201_CREATED)
async def upload_weather_file(
    file: Annotated[UploadFile, File(description="TMY3, SAM/NSRDB CSV, EPW, PVGIS JSON or CSV.")],
    session: Session,
    viewer: CurrentViewer,
) -> WeatherFile:
    """Keep a typical year, for `resource.weather_file_id`. A file that cannot be read is refused."""
    content = await file.read()
    year = await to_thread.run_sync(parse_weather_file, content)
    row = await WeatherFileRepository(session).add(file.filename or "unnamed", content, viewer.user_id)
    return WeatherFile(
        id=row.id,
        name=row.name,
        latitude=year.latitude,
        longitude=year.longitude,
        elevation_m=year.elevation,
        annual_ghi_kwh_m2=round(float(year.ghi.sum()) / 1000, 1),
    )
