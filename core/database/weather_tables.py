"""The tables of weather: what providers gave, what technicians brought, and what jobs were told of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base
from core.database.models import JobRow, User
from core.ids import new_id


class WeatherCellRow(Base):
    """The forecast that the jobs of a cell share, for a place in it, where the first of them is.

    Nobody fetches it before `due_at`: whoever does moves that first. A run that does is named in `held_by`, so that it
    goes on when another worker takes it over. `judged` is false while the jobs of the cell
    have not been compared with the forecast; `problem` is why the latest try gave nothing.

    `official` are the warnings of authorities that were heard last, `official_problem` is why nothing newer was.
    `warned_as` is where the authority files the place, asked for again from `zones_due_at` on.
    """

    __tablename__ = "weather_cells"

    cell: Mapped[str] = mapped_column(primary_key=True)
    latitude: Mapped[float]
    longitude: Mapped[float]
    due_at: Mapped[datetime]
    held_by: Mapped[UUID | None]
    judged: Mapped[bool] = mapped_column(server_default=text("true"))
    fetched_at: Mapped[datetime | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    official: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    problem: Mapped[str | None]
    warned_as: Mapped[dict[str, Any] | None]
    zones_due_at: Mapped[datetime | None]
    official_problem: Mapped[str | None]

    __table_args__ = (
        Index("ix_weather_cells_due_at", "due_at"),
        Index("ix_weather_cells_unjudged", "cell", postgresql_where=text("NOT judged")),
    )


class AlertRow(Base):
    """An alert as a job was last told of it; open until it has passed or is withdrawn."""

    __tablename__ = "alerts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[UUID] = mapped_column(ForeignKey(JobRow.id, ondelete="CASCADE"))
    document: Mapped[dict[str, Any]]
    ends_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_alerts_job_id", "job_id"),
        Index("ix_alerts_open", "id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_alerts_ends_at", "ends_at", postgresql_where=text("closed_at IS NULL")),
        Index("ix_alerts_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    )


class WeatherRefreshRow(Base):
    """One look at the weather of all active jobs, and what it came to."""

    __tablename__ = "weather_refreshes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))

    __table_args__ = (Index("ix_weather_refreshes_started_at", "started_at"),)


class WeatherFileRow(Base):
    """A typical year that a technician brought, as uploaded."""

    __tablename__ = "weather_files"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    created_by: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    name: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ClimateYearRow(Base):
    """A typical year that a provider gave; `content` holds its hours, compressed. Never changed."""

    __tablename__ = "climate_years"

    ref: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    quality: Mapped[str]
    uncertainty_percent: Mapped[float]
    attribution: Mapped[str]
    notes: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DesignTemperatureRow(Base):
    """Means of the yearly extremes of a cell and elevation band. Never changed."""

    __tablename__ = "design_temperatures"

    cell: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
