"""The garbage collector, told that what a process holds when it has started is there to stay."""

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 50
"""New objects before a look at the youngest; looks at one generation before a look at the next."""


def keep_what_is_loaded() -> None:
    """Take everything there is out of the collector's sight; to be called once, when a process has started.

    Modules and their classes are some hundred thousand objects, none of them garbage; with the interpreter's
    own thresholds going through them again and again took a tenth of a worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
