"""What commands read from files and print as JSON."""

import sys
from pathlib import Path

import orjson

from core.errors import FieldError, InvalidInput


def read_input(file: str) -> bytes:
    """The file's content; `-` is standard input."""
    return sys.stdin.buffer.read() if file == "-" else read_file(Path(file))


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput([FieldError(str(path), error.strerror or "cannot be read")]) from None


def print_json(document: object) -> None:
    """One JSON document, and nothing else, on standard output."""
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
