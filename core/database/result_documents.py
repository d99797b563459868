"""A result as it is stored: its document, and beside it, compressed, the hours of its forecast.

The hours are nine tenths of a result. Within the document PostgreSQL would parse them and compress them anew each
time, 60 kB for each result; beside it they are 4 kB that it only keeps.
"""

from typing import Any

import orjson
import zstandard

Document = dict[str, Any]


def taken_apart(document: Document) -> tuple[Document, bytes | None]:
    """The document without the hours of its forecast, and these; None where it has no forecast."""
    weather = document.get("weather")
    forecast = weather.get("forecast") if weather else None
    if not weather or not forecast or "hourly" not in forecast:
        return document, None
    rest = {key: value for key, value in forecast.items() if key != "hourly"}
    hours = zstandard.compress(orjson.dumps(forecast["hourly"]))
    return {**document, "weather": {**weather, "forecast": rest}}, hours


def put_together(document: Document, hours: bytes | None) -> Document:
    """The whole document again; what an older version stored is whole as it is."""
    if hours is None:
        return document
    weather = document["weather"]
    forecast = {**weather["forecast"], "hourly": orjson.loads(zstandard.decompress(hours))}
    return {**document, "weather": {**weather, "forecast": forecast}}
