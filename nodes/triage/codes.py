"""Fault codes read by vendor: what is known is cited, what is not known is said, nothing is guessed."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nodes.triage import knowledge, sunspec
from nodes.triage.findings import Danger, Finding
from nodes.triage.knowledge import Mode

WEIGHT = 0.85
"""How far one decoded code supports what it points to: devices report symptoms, not always the cause."""


@dataclass(frozen=True, slots=True)
class CodesRead:
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]
    """Codes that the vendor's table does not hold."""
    waiting: tuple[str, ...]
    """Codes that mean nothing until the vendor is known."""


def read_codes(codes: Sequence[str], vendor: str | None) -> CodesRead:
    """Read each code in the vendor's table; SunSpec codes that carry their model number need no vendor."""
    findings: list[Finding] = []
    unknown: list[str] = []
    waiting: list[str] = []
    for code in codes:
        if vendor == "sunspec" or sunspec.is_qualified(code):
            events = [_event(code, event) for event in sunspec.read(code)]
        elif vendor is None:
            waiting.append(code)
            continue
        else:
            events = [_vendor_code(code, vendor, row) for row in look_up(vendor, code)]
        findings += events
        if not events:
            unknown.append(code)
    return CodesRead(tuple(findings), tuple(unknown), tuple(waiting))


def look_up(vendor: str, code: str) -> list[knowledge.Code]:
    """Rows of the vendor's table that the code stands for, by number in any usual spelling or by message."""
    named = knowledge.names(vendor).get(knowledge.squeeze(code))
    if named is not None:
        return [named]
    table = knowledge.codes(vendor)
    spellings = SPELLINGS.get(vendor, _plain_number)
    return [table[key] for key in spellings(code.strip().upper()) if key in table]


def _event(code: str, event: sunspec.EventBit) -> Finding:
    return _finding(code, f"{event.symbol}: {event.says}", event.source, event.mode)


def _vendor_code(code: str, vendor: str, row: knowledge.Code) -> Finding:
    label = knowledge.vendors()[vendor].label
    return _finding(code, f"{label} {row.code}: {row.says}", row.source, row.mode)


def _finding(quote: str, says: str, rule: str, mode_id: str) -> Finding:
    mode = knowledge.modes()[mode_id]
    return Finding(
        source="code",
        quote=quote,
        says=says,
        rule=rule,
        weight=WEIGHT,
        asset=mode.asset,
        mode=mode.id,
        dangers=mode_dangers(mode, f"code {quote}: {mode.label}"),
    )


def mode_dangers(mode: Mode, evidence: str) -> tuple[Danger, ...]:
    """Hazards that a failure mode brings along, and those that only call for precaution."""
    return (
        *(Danger(kind, evidence, stops=True) for kind in mode.hazards),
        *(Danger(kind, evidence, stops=False) for kind in mode.precautions),
    )


_WORDS = r"(?:STATE|STATUS|ERROR|ERR|CODE|FAULT|ALARM|EVENT|E|NO\.?|#|[:\-\s])*"


def _plain_number(code: str) -> Iterable[str]:
    if match := re.fullmatch(rf"{_WORDS}0*(\d+)", code):
        yield match[1]


def _number_with_reason(code: str) -> Iterable[str]:
    """Huawei appends a cause id: 2032-1."""
    if match := re.fullmatch(rf"{_WORDS}(\d{{4,5}})(?:[-_. ]\d+)?", code):
        yield match[1]


def _hexadecimal(code: str) -> Iterable[str]:
    """Solis shows 1015 or 1015H; the register holds 4117, which is 0x1015."""
    if match := re.fullmatch(rf"{_WORDS}(?:0X)?([0-9A-F]{{4}})H?", code):
        yield match[1]
    if re.fullmatch(r"\d{4,5}", code):
        yield f"{int(code):X}"


def _prefixed(prefix: str) -> Callable[[str], Iterable[str]]:
    def spell(code: str) -> Iterable[str]:
        if match := re.fullmatch(rf"{_WORDS}(?:{prefix})?0*(\d{{1,2}})", code):
            yield f"{prefix}{int(match[1]):02d}"

    return spell


def _bit_word(code: str) -> Iterable[str]:
    """GoodWe: bit18 or a register value for the error word, bms2 for the battery's. A bare number says neither."""
    if match := re.fullmatch(r"(BIT|BMS)[\s:#-]*(\d{1,2})", code):
        yield f"{match[1]}{int(match[2])}"
    if re.fullmatch(r"0X[0-9A-F]{1,8}", code):
        value = int(code, 16)
        yield from (f"BIT{bit}" for bit in range(32) if value >> bit & 1)


SPELLINGS: Mapping[str, Callable[[str], Iterable[str]]] = {
    "deye": _prefixed("F"),
    "goodwe": _bit_word,
    "huawei": _number_with_reason,
    "sofar": _prefixed("ID"),
    "solis": _hexadecimal,
}
"""How each vendor's numbers are written; whoever is absent writes plain numbers."""
