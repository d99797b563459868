"""A provider of weather on this machine, and a client to ask it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.provider_server import ProviderServer, provider_server


@pytest.fixture
async def server() -> AsyncIterator[ProviderServer]:
    async with provider_server() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5) as http:
        yield http
