"""People in the database: users who look at jobs, technicians who are sent to them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.database.models import Role, TechnicianRow
from core.database.users import Users, Viewer
from tests.support.fakes import technician


async def add_viewer(session: AsyncSession, username: str, role: Role, *, password_hash: str = "-") -> Viewer:
    """A new user who is no technician with a row of their own, as a route sees them."""
    user = await Users(session).add(username, password_hash, role)
    return Viewer(user.id, user.username, user.role, None)


def technician_row(**columns: Any) -> TechnicianRow:
    """`tests.support.fakes.technician` as a row, not yet in any session."""
    grace = technician()
    given = {
        "name": grace.name,
        "skills": grace.skills,
        "base_latitude": grace.base_latitude,
        "base_longitude": grace.base_longitude,
        "timezone": grace.timezone,
        "working_hours": grace.working_hours.model_dump(mode="json"),
    }
    return TechnicianRow(**given | columns)
