"""Addresses over HTTP: looked up where a geocoder is named, and only there."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from core.clients.geocoder import NominatimGeocoder
from core.clients.http import Patience
from tests.support.provider_server import ProviderServer, Reply, provider_server


@pytest.fixture
async def geocoder(app: FastAPI) -> AsyncIterator[ProviderServer]:
    async with provider_server() as server, httpx.AsyncClient() as http:
        found = NominatimGeocoder(server.url, "SolarSync/test", http, patience=Patience(attempts=1))
        app.state.services = replace(app.state.services, geocoder=found)
        yield server


async def test_without_a_geocoder_there_is_no_such_thing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/places", params={"address": "Kenyatta Avenue, Nairobi"})
    assert answer.status_code == 404
    assert "GEOCODER_URL" in answer.json()["detail"]


async def test_an_address_gives_candidates_for_the_site(
    client: httpx.AsyncClient, geocoder: ProviderServer
) -> None:
    geocoder.answers(Reply([{"lat": "-1.2921", "lon": "36.8219", "display_name": "Nairobi"}]))
    answer = await client.get("/places", params={"address": "Kenyatta Avenue, Nairobi"})
    [found] = answer.json()
    assert (found["latitude"], found["longitude"], found["name"]) == (-1.2921, 36.8219, "Nairobi")
    assert "OpenStreetMap" in found["attribution"]
    geocoder.answers(Reply("gone", 500))
    assert (await client.get("/places", params={"address": "Nairobi"})).status_code == 502
