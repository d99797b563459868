"""Ends what tests have started when they themselves are ended, be it by a timeout that kills them.

Whatever a test starts inherits a mark in its environment, across sessions and generations. A process of its own waits
for the tests' end, which closes its standard input, and kills all that bear the mark.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import psutil

MARK = "SOLARSYNC_TESTS"


@contextmanager
def ended_with_us() -> Iterator[None]:
    name = uuid4().hex
    waiting = subprocess.Popen(
        [sys.executable, __file__, name], stdin=subprocess.PIPE, start_new_session=True, env=dict(os.environ)
    )
    os.environ[MARK] = name
    try:
        yield
    finally:
        del os.environ[MARK]
        waiting.communicate()


def main() -> None:
    sys.stdin.read()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == sys.argv[1]:
                process.kill()


if __name__ == "__main__":
    main()
