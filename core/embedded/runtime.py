"""Where the sockets are: a short private folder; the path of the data folder may be as long as it likes."""

import contextlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from core.embedded.owners import Owner, may_enter
from core.embedded.programs import Program
from core.errors import ConfigurationError

SOCKET_PATH_LIMIT = 100
"""[bytes] `sun_path` holds 104 on macOS and 108 on Linux, the final zero included."""

PREFIX = "solarsync-"
_PLAIN = re.compile(r"[\w./+-]+", re.ASCII)  # needs no quoting in a URL or a server's list of folders


def candidates(environment: Mapping[str, str], euid: int) -> list[Path]:
    """Folders for temporary things, the most private first."""
    named = (
        environment.get("XDG_RUNTIME_DIR"),
        "/run" if euid == 0 else None,
        environment.get("TMPDIR"),  # macOS has one per user
        "/tmp",  # noqa: S108 - what is made in it is private
        "/var/tmp",  # noqa: S108
    )
    return [Path(path) for path in dict.fromkeys(named) if path]


def is_short_enough(base: Path) -> bool:
    longest_socket = base / f"{PREFIX}12345678" / ".s.PGSQL.5432"
    return len(os.fsencode(longest_socket)) < SOCKET_PATH_LIMIT


def runtime_base(folders: Iterable[Path], users: Sequence[Owner | None], *, executable: bool) -> Path:
    """The first folder that serves: short, plainly named, writable, open to the server's users.

    Raises
    ------
    ConfigurationError
        None does; the message says why, folder by folder.
    """
    demands: tuple[tuple[str, Callable[[Path], bool]], ...] = (
        ("not an absolute path of a folder", _is_folder),
        ("too long a path for a socket", is_short_enough),
        ("a path that would need quoting", lambda path: _PLAIN.fullmatch(str(path)) is not None),
        ("not writable", lambda path: os.access(path, os.W_OK | os.X_OK)),
        ("anyone may rename what is in it", _is_safe_from_others),
        ("closed to the server's user", lambda path: all(may_enter(path, user) for user in users)),
        ("mounted noexec", lambda path: not executable or _runs_programs(path)),
    )
    refusals = []
    for folder in folders:
        flaw = next((flaw for flaw, holds in demands if not holds(folder)), None)
        if flaw is None:
            return folder
        refusals.append(f"{folder} ({flaw})")
    raise ConfigurationError(
        [f"XDG_RUNTIME_DIR: no folder serves for the embedded servers' sockets: {', '.join(refusals)}"]
    )


def _is_folder(path: Path) -> bool:
    return path.is_absolute() and os.path.isdir(path)  # noqa: PTH112 - no error where we may not look


def _is_safe_from_others(folder: Path) -> bool:
    mode = folder.stat().st_mode
    return not mode & stat.S_IWOTH or bool(mode & stat.S_ISVTX)


def _runs_programs(folder: Path) -> bool:
    return not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)


def noted_folder(note: Path) -> Path | None:
    """The runtime folder that a note names, unless it came here with a copy of somebody's data folder."""
    try:
        path, owner = note.read_text(encoding="ascii").split()
    except (FileNotFoundError, ValueError):
        return None
    folder = Path(path)
    return folder if folder.name.startswith(PREFIX) and int(owner) == note.parent.stat().st_ino else None


def make_runtime_folder(note: Path, base: Path) -> Path:
    """A new private folder, noted before it is made; under its old name if it has one, for old URLs' sake."""
    old = noted_folder(note)
    names = [PREFIX + secrets.token_hex(4) for _ in range(3)]
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)
        names[:0] = [old.name] if old.parent == base else []
    for name in names:
        note.write_text(f"{base / name} {note.parent.stat().st_ino}", encoding="ascii")
        with contextlib.suppress(FileExistsError):
            (base / name).mkdir(mode=0o700)
            return base / name
    raise FileExistsError(f"somebody takes every name in {base}")


def bring_within_reach(program: Program, packages: Path, runtime: Path) -> Path:
    """Copy what a server needs of its wheel to where its user may read it: the new folder of packages."""
    copy = runtime / "wheel"
    for part in program.parts:
        source, target = packages / part, copy / part
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return copy
