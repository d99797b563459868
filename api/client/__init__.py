"""A typed client of a SolarSync server: the same HTTP API as everybody's, for a terminal and a bad network.

It knows only `state`, `core.errors` and HTTP; nothing here runs inside the service.
"""

from api.client.connection import Connection
from api.client.login import KeptLogin, Login
from api.client.solarsync import SolarSync

__all__ = ["Connection", "KeptLogin", "Login", "SolarSync"]
