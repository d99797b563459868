"""The guard of one embedded server: owns it as a child and stops it when its last user is gone.

Run as a script, detached, with a `Task` in JSON as its only argument; the standard library alone, so that it
starts in milliseconds and stays small. Its story: end what a killed guard may have left, prepare the data,
start the server, report, then sleep on the exclusive lock of a file on which every user holds a shared one.
Locks go with the processes that hold them, however those end, so nobody has to say goodbye.

    start.lock    one start at a time; the guard keeps it until the server answers, even if the starter dies
    users.lock    shared by every user, exclusive to a guard that is stopping its server
    guard.lock    held while a guard lives
    server.lock   inherited by the server and all its children: while held, something may still write the data
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

READY_WITHIN = 300.0  # [s] a large database recovering from a power cut takes its time
ENDED_WITHIN = 60.0  # [s] a last checkpoint on a slow disk
RESTARTS, RESTART_WINDOW = 3, 60.0  # [s] a server that ends more often would only end again
LOG_KEPT = 1_000_000  # [bytes] a larger log moves aside at the next start
UNFINISHED = ".new"  # data being made

Server = subprocess.Popen[bytes]


class Task(NamedTuple):
    """What one guard guards; plain values, because it travels as JSON."""

    name: str
    folder: str
    """Holds `data`, `server.log` and the locks."""
    runtime: str
    """The private folder of the socket."""
    socket: str
    command: list[str]
    initialise: list[str]
    """Fills its working folder with fresh data; empty where an empty folder will do."""
    synchronise: list[str]
    """Has fresh data survive a power cut; empty where the server sees to that."""
    environment: dict[str, str]
    question: str
    """Latin-1: sent to the socket, the server is ready when it answers with `answer`."""
    answer: str
    stop_signal: int
    stale: str
    """A file of a server that was killed, meaningless once the server lock is ours; or empty."""
    owner: list[int]
    """uid and gid of the server; empty: the guard's own."""
    creator: list[int]
    """uid and gid under which `initialise` runs; empty: the guard's own."""
    start_lock: int
    guard_lock: int
    sentinel: bool
    """A second process watches the guard, where the kernel has no signal for a parent's death."""

    @property
    def data(self) -> Path:
        return Path(self.folder, "data")

    @property
    def log(self) -> Path:
        return Path(self.folder, "server.log")

    @property
    def note(self) -> Path:
        """Names the runtime folder, for users whose environment is not the starter's."""
        return Path(self.folder, "runtime")

    @property
    def ready(self) -> Path:
        """Exists while the server may be used."""
        return Path(self.folder, "ready")


class StartFailed(Exception):
    """The server does not come up; the text is for the person who wants it."""


class Woken(Exception):
    """A signal arrived."""

    def __init__(self, signum: int) -> None:
        self.signum = signum


def main() -> None:
    task = Task(**json.loads(sys.argv[1]))
    if os.fork():
        os._exit(0)  # the starter's child; the guard belongs to init and leaves nobody a zombie
    farewell = post_sentinel(task) if task.sentinel else -1
    try:
        guard(task)
    finally:
        task.ready.unlink(missing_ok=True)
        shutil.rmtree(task.runtime, ignore_errors=True)
        task.note.unlink(missing_ok=True)
        os.close(task.guard_lock)  # before the users' lock, or a waiting starter would take us for a guard
        if farewell >= 0:
            os.write(farewell, b".")


def guard(task: Task) -> None:
    fresh = not task.data.is_dir()
    try:
        server, server_lock = bring_up(task)
    except (StartFailed, OSError) as error:
        report(str(error))
        return
    others = [synchronise(task)] if fresh and task.synchronise else []
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # until `time_to_stop` heeds it
    task.ready.touch()
    report("")
    os.close(task.start_lock)
    serve_until_the_last_user_left(task, server, server_lock, others)


def report(failure: str) -> None:
    """Tell the starter, which may be gone, that the server is ready, or why it is not."""
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps({"failure": failure}).encode())
    os.dup2(2, 1)


def bring_up(task: Task) -> tuple[Server, int]:
    """A ready server, and our hold on the lock that it inherited."""
    server_lock = claim_server_lock(task)
    prepare_data(task, server_lock)
    return start_server(task, server_lock), server_lock


def claim_server_lock(task: Task) -> int:
    """Take the lock that the server will inherit; a server that outlived its guard is ended first."""
    lock = os.open(f"{task.folder}/server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    if flock_within(lock, 0.0):
        return lock
    orphan = int(os.pread(lock, 20, 0) or b"0")
    for signum, patience in ((task.stop_signal, ENDED_WITHIN), (signal.SIGKILL, 10.0)):
        with contextlib.suppress(ProcessLookupError):
            if orphan:
                os.kill(orphan, signum)
        if flock_within(lock, patience):
            return lock
    raise StartFailed(f"an earlier {task.name} (process {orphan}) still uses {task.folder} and does not end")


def flock_within(lock: int, patience: float) -> bool:
    """Take a lock that may be held for another `patience` seconds [s]."""
    deadline = time.monotonic() + patience
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)


def prepare_data(task: Task, server_lock: int) -> None:
    """Make the data where there is none, whole or not at all, and the server's own."""
    if not task.data.is_dir():
        unfinished = task.data.with_suffix(UNFINISHED)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if task.initialise:
            give(task.runtime, task.creator)
            give(str(unfinished), task.creator)
            if spawn(task, task.initialise, unfinished, task.creator, server_lock).wait():
                raise StartFailed(f"{task.name} could not make its data: {last_words(task)}")
        give(str(unfinished), task.owner)
        unfinished.rename(task.data)
    give(str(task.data), task.owner)
    give(task.runtime, task.owner)
    if task.stale:
        (task.data / task.stale).unlink(missing_ok=True)


def give(folder: str, owner: list[int]) -> None:
    """Make a user the owner of a folder of ours and all in it; itself last, so that half a gift is redone."""
    if not owner or os.lstat(folder).st_uid == owner[0]:
        return
    try:
        for path in (*everything_in(folder), folder):
            os.lchown(path, *owner)
    except OSError as error:
        raise StartFailed(f"{folder} cannot be given to user id {owner[0]}: {error.strerror}") from error


def everything_in(folder: str) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        yield from (f"{root}/{name}" for name in (*folders, *files))


def start_server(task: Task, server_lock: int) -> Server:
    server = spawn(task, task.command, task.data, task.owner, server_lock)
    deadline = time.monotonic() + READY_WITHIN
    while not answers(task):
        if server.poll() is not None:
            raise StartFailed(f"{task.name} ended while starting: {last_words(task)}")
        if time.monotonic() > deadline:
            end(task, server)
            raise StartFailed(f"{task.name} was not ready after {READY_WITHIN:.0f} s: {last_words(task)}")
        time.sleep(0.005)
    return server


def spawn(task: Task, command: list[str], folder: Path, user: list[int], server_lock: int) -> Server:
    """Start a program that ends with the guard, in `folder`, which it enters before it changes its user."""
    if task.log.exists() and task.log.stat().st_size > LOG_KEPT:
        task.log.replace(task.log.with_suffix(".log.1"))
    with task.log.open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - absolute paths, found in our own wheels
            command,
            cwd=folder,
            env=task.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            umask=0o077,
            pass_fds=[server_lock],
            preexec_fn=None if task.sentinel else end_with_parent(task.stop_signal),  # noqa: PLW1509 - calls libc only
            **identity(user),
        )
    os.pwrite(server_lock, f"{child.pid:<20}".encode(), 0)  # no reader ever finds half a number
    return child


def synchronise(task: Task) -> Server:
    """Put fresh data on the disk; nobody waits for it, because a busy disk takes seconds over it.

    Not a thread: a guard killed while a thread of it waits for the disk is dead to all who ask and keeps its
    locks, so that the next start would count on it. Hence a process, which inherits none of them.
    """
    return subprocess.Popen(  # noqa: S603 - an absolute path, found in our own wheels
        task.synchronise,
        cwd=task.data,
        env=task.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # the server's files come and go under it, which it would call errors
        **identity(task.owner),
    )


def identity(user: list[int]) -> dict[str, Any]:
    """What makes `Popen` change the user; nothing for our own."""
    return {"user": user[0], "group": user[1], "extra_groups": []} if user else {}


def last_words(task: Task) -> str:
    """The end of the server's log, on one line."""
    lines = task.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " | ".join(lines[-4:])


def end_with_parent(signum: int) -> Callable[[], None]:
    """What a child does before it becomes the server: have Linux signal it when the guard is killed."""
    import ctypes  # noqa: PLC0415 - before the fork, and only where it is of use

    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(1, signum)  # PR_SET_PDEATHSIG, <linux/prctl.h>
        if os.getppid() != parent:
            os._exit(1)

    return ask


def post_sentinel(task: Task) -> int:
    """Fork a process that stops the server if the guard ends without a farewell on the returned pipe."""
    listen, farewell = os.pipe()
    if os.fork():
        os.close(listen)
        return farewell
    os.dup2(2, 1)
    for held in (farewell, task.start_lock, task.guard_lock):
        os.close(held)
    if not os.read(listen, 1):
        lock = os.open(f"{task.folder}/server.lock", os.O_RDWR)
        if not flock_within(lock, 0.0):
            os.kill(int(os.pread(lock, 20, 0)), task.stop_signal)
    os._exit(0)


def answers(task: Task) -> bool:
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
        connection.settimeout(5.0)
        connection.connect(task.socket)
        connection.sendall(task.question.encode("latin-1"))
        return connection.recv(len(task.answer)) == task.answer.encode("latin-1")
    return False


def serve_until_the_last_user_left(
    task: Task, server: Server, server_lock: int, others: list[Server]
) -> None:
    """Start the server anew if it ends by itself, unless it does so again and again; bury the others."""
    users = os.open(f"{task.folder}/users.lock", os.O_RDWR)
    ends: list[float] = []
    while not time_to_stop(server, users):
        others = [child for child in others if child.poll() is None]
        if server.poll() is None:
            continue  # another child ended
        task.ready.unlink(missing_ok=True)
        ends = [at for at in ends if time.monotonic() - at < RESTART_WINDOW] + [time.monotonic()]
        if len(ends) > RESTARTS:
            return
        os.close(server_lock)  # and take it anew when the last child of the dead server has let go of it
        server, server_lock = bring_up(task)
        task.ready.touch()
    task.ready.unlink(missing_ok=True)  # whoever stopped us, there may be users to come
    end(task, server)


def time_to_stop(server: Server, users: int) -> bool:
    """Sleep until the last user is gone or somebody stops the guard (True), or a child ended (False)."""

    def wake(signum: int, _frame: object) -> NoReturn:
        raise Woken(signum)

    try:
        signal.signal(signal.SIGTERM, wake)
        signal.signal(signal.SIGCHLD, wake)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        if server.poll() is None:
            fcntl.flock(users, fcntl.LOCK_EX)
            return True
    except Woken as signalled:
        return signalled.signum == signal.SIGTERM
    else:
        return False
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def end(task: Task, server: Server) -> None:
    server.send_signal(task.stop_signal)
    try:
        server.wait(ENDED_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
