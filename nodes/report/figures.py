"""Numbers and times as a person reads them."""

from datetime import datetime
from zoneinfo import ZoneInfo


def figure(value: float, unit: str = "", digits: int = 0) -> str:
    """`1,234.5 kWh`: thousands set apart, the unit behind."""
    shown = f"{value:,.{digits}f}"
    # −0 is what rounding leaves of a small negative number.
    shown = shown.removeprefix("-") if float(shown.replace(",", "")) == 0 else shown.replace("-", "−")
    return f"{shown} {unit}" if unit else shown


def money(value: float, currency: str) -> str:
    return f"{currency} {figure(value)}"


def moment(at: datetime, timezone: str | None) -> str:
    """`Mon 2 Mar 2026 08:15 EAT`, in the site's time."""
    local = at.astimezone(ZoneInfo(timezone or "UTC"))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def until(start: datetime, end: datetime, timezone: str | None) -> str:
    """`Mon 2 Mar 2026 08:15 to 10:15 EAT`; with both dates where they differ."""
    zone = ZoneInfo(timezone or "UTC")
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() != last.date():
        return f"{moment(start, timezone)} to {moment(end, timezone)}"
    return f"{first:%a} {first.day} {first:%b %Y %H:%M} to {last:%H:%M %Z}"


def words(identifier: str) -> str:
    """`ground_fault` as `ground fault`."""
    return identifier.replace("_", " ")


def ended(text: str) -> str:
    """The text as a sentence that ends once."""
    return text.rstrip(" .") + "."
