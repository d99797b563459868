"""Sending one text to one address, whatever service is behind it, by apprise.

The library is imported with the first text, in a thread. It logs addresses; here it logs nothing.
"""

import asyncio
import logging
from typing import Final

from pydantic import SecretStr

from core.notifications.news import Text
from core.threads import in_own_thread
from core.webhooks.schedule import Answer

SECONDS: Final = 20.0
"""For one attempt; below the lease of a message in the outbox."""


class AppriseNotifier:
    """Keeps nothing between texts."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    async def send(self, url: SecretStr, text: Text) -> Answer:
        """Send the text once. Whatever goes wrong is in the answer, without a word of the address."""
        try:
            async with asyncio.timeout(self._seconds):
                return await in_own_thread(_send, url, text)
        except TimeoutError:  # the thread ends with the library's own timeouts
            return Answer(error=f"no answer within {self._seconds:g} s")


def _send(url: SecretStr, text: Text) -> Answer:
    import apprise  # noqa: PLC0415  see the module

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    notifier = apprise.Apprise()
    try:
        if not notifier.add(url.get_secret_value()):
            return Answer(error="the address is not one that apprise understands")
        taken = notifier.notify(title=text.title, body=text.body, body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # noqa: BLE001  a hundred services' plugins, each with failures of its own
        return Answer(error=f"cannot be sent ({type(error).__name__})")
    return Answer(status=200) if taken else Answer(error="the service did not take it")
