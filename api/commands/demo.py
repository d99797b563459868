"""`solarsync demo`."""


def demo() -> None:
    """A full job through the real API on embedded servers, start to stored result."""
    from api.demo.story import tell
    from core.config import get_settings
    from core.logging import configure_logging

    configure_logging("ERROR", "console")
    tell(get_settings())
