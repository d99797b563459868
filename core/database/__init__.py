"""PostgreSQL: the truth about jobs. `Base`, `AsyncSessionLocal` and `get_db` are the parts others use."""

from core.database.base import Base
from core.database.session import AsyncSessionLocal, create_engine, get_db, opened_engine

__all__ = ["AsyncSessionLocal", "Base", "create_engine", "get_db", "opened_engine"]
