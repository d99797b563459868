"""What a request shows of who asks: an access token, or a key."""

from starlette.datastructures import Headers

BEARER = "bearer"


def credentials(headers: Headers) -> tuple[str | None, str | None]:
    """The access token and the key, each None where the request has none; neither has been looked at."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return (token if scheme.lower() == BEARER else None), headers.get("x-api-key")


SCHEMES = {
    "AccessToken": {
        "type": "oauth2",
        "flows": {
            "password": {
                "tokenUrl": "/api/v1/auth/token",
                "refreshUrl": "/api/v1/auth/refresh",
                "scopes": {},
            }
        },
    },
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key from `POST /api-keys`.",
    },
}
"""The same, as the OpenAPI document names it."""
