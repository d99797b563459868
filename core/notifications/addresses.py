"""Where notifications go: addresses in apprise's notation, of which the outbox knows only a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Literal
from urllib.parse import quote

from pydantic import SecretStr

Audience = Literal["dispatcher", "technician"]
CONTACTS: Final = ("email", "phone")
"""What of a technician's contact an address may be made of, as `{email}` or `{phone}`."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the settings. `name` is what the database holds of it, which tells nobody anything."""

    name: str
    audience: Audience
    url: SecretStr

    def of(self, contact: Mapping[str, Any]) -> SecretStr | None:
        """The address with the contact filled in; None where the contact lacks what it wants."""
        url = self.url.get_secret_value()
        for key in CONTACTS:
            slot = f"{{{key}}}"
            if slot in url:
                value = contact.get(key)
                if not isinstance(value, str) or not value.strip():
                    return None
                url = url.replace(slot, quote(value.strip(), safe=""))
        return SecretStr(url)


def addresses(dispatchers: Sequence[SecretStr], technicians: Sequence[SecretStr]) -> dict[str, Address]:
    """The addresses of the settings by their names."""
    audiences: tuple[tuple[Audience, Sequence[SecretStr]], ...] = (
        ("dispatcher", dispatchers),
        ("technician", technicians),
    )
    found = [Address(_name(who, url), who, url) for who, urls in audiences for url in urls]
    return {address.name: address for address in found}


def _name(audience: Audience, url: SecretStr) -> str:
    return f"{audience}:{blake2b(url.get_secret_value().encode(), digest_size=12).hexdigest()}"
