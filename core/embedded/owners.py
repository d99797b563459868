"""Who runs a server and who owns what it writes.

An ordinary user runs the servers as himself. PostgreSQL refuses to run as root, so under root the servers run
as the owner of the data folder, or, where that is root too, under a user id that no account has: what it owns
is out of reach of everybody but root. The account `nobody`, shared by many services, could not promise that.
"""

import os
import pwd
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from core.errors import ConfigurationError

UNCLAIMED_IDS = range(60706, 61184)
"""Given to nobody ("Users, Groups, UIDs and GIDs on systemd Systems", summary: unused)."""


class Owner(NamedTuple):
    uid: int
    gid: int


def is_named(uid: int) -> bool:
    """Whether the user id has an account."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def owner_of(path: Path) -> Owner | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return Owner(status.st_uid, status.st_gid)


def server_owner(
    euid: int, present: Iterable[Owner | None], named: Callable[[int], bool] = is_named
) -> Owner | None:
    """The user a server runs as, None for our own; `present` are the owners of its data, nearest first."""
    if euid != 0:
        return None
    for owner in present:
        if owner is not None and owner.uid != 0:
            return owner
    uid = next(uid for uid in UNCLAIMED_IDS if not named(uid))
    return Owner(uid, uid)


def data_creator(euid: int, server: Owner | None) -> Owner | None:
    """The user under which `initdb` makes the data: it wants an account with a name.

    Raises
    ------
    ConfigurationError
        We are not root and have no name: a container started under an arbitrary user id.
    """
    if server is not None and is_named(server.uid):
        return server
    if server is not None:
        accounts = sorted(pwd.getpwall(), key=lambda account: account.pw_name != "nobody")
        for account in accounts:
            if account.pw_uid != 0:
                return Owner(account.pw_uid, account.pw_gid)
    elif is_named(euid):
        return None
    raise ConfigurationError(
        [f"user id {euid} has no account, which making data takes: give it one or set DATABASE_URL"]
    )


def may_enter(folder: Path, owner: Owner | None) -> bool:
    """Whether a server's user gets into a folder and through all folders above it."""
    return owner is None or all(_grants(path, owner, stat.S_IXOTH) for path in (folder, *folder.parents))


def may_run(program: Path, owner: Owner | None) -> bool:
    """Whether a server's user can read and run a file, or read and enter a folder."""
    return may_enter(program.parent, owner) and (
        owner is None or _grants(program, owner, stat.S_IROTH | stat.S_IXOTH)
    )


def _grants(path: Path, owner: Owner, wanted: int) -> bool:
    """Whether a path's mode grants what `wanted` says in the bits for others; group rights do not count."""
    status = path.stat()
    granted = status.st_mode >> 6 if status.st_uid == owner.uid else status.st_mode
    return granted & wanted == wanted


def keep_with(folder: Path, files: Iterable[Path]) -> None:
    """Under root, leave the owner of a folder what is made in it, so that he can go on without root."""
    owner = owner_of(folder)
    if os.geteuid() != 0 or owner is None or owner.uid == 0:
        return
    for path in files:
        if owner_of(path) not in (owner, None):
            os.chown(path, *owner)
