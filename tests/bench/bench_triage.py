"""Triage of real tickets by their words alone: accuracy, macro F1, what is confused, and time per ticket.

Needs a CSV with columns `text` and `asset`, named by TRIAGE_TICKETS; where there is none a skip is printed. The
rival of the same run is the most frequent asset, always.
"""

import csv
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from nodes.triage.engine import triage
from state.job import JobInput

TICKETS = Path(os.environ.get("TRIAGE_TICKETS", "../shared/reference/triage/pvops_dev.csv"))
SAME = {"met": "met_station"}
"""Labels that our contract spells differently."""
RESAMPLES = 2_000

Pair = tuple[str, str]
"""The label, and what triage said."""


def main() -> None:
    if not TICKETS.exists():
        print(f"skip: no tickets at {TICKETS}; name a CSV with columns text and asset in TRIAGE_TICKETS")
        return
    with TICKETS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    timed = [_timed(row["text"]) for row in rows]
    pairs = [(SAME.get(row["asset"], row["asset"]), said) for row, (said, _) in zip(rows, timed, strict=True)]
    answered = [pair for pair in pairs if pair[1] != "unknown"]
    usual = Counter(label for label, _ in pairs).most_common(1)[0][0]

    print(f"tickets {len(pairs)}, answered {len(answered)}, abstained {len(pairs) - len(answered)}")
    _report("answered tickets", answered)
    _report("all tickets, an abstention counts as wrong", pairs)
    _report(f"rival: always {usual}", [(label, usual) for label, _ in pairs])
    _confusion(answered)
    milliseconds = sorted(1000 * seconds for _, seconds in timed)
    print(f"time per ticket: p50 {statistics.median(milliseconds):.2f} ms, most {milliseconds[-1]:.2f} ms")


def _timed(text: str) -> tuple[str, float]:
    ticket = {"kind": "triage", "site": {"latitude": 0.0, "longitude": 36.0}, "ticket": {"text": text}}
    job = JobInput.model_validate(ticket)
    started = time.perf_counter()
    found = triage(job, {}, production=None).triage
    return (found.asset if found else "unknown"), time.perf_counter() - started


def _report(name: str, pairs: Sequence[Pair]) -> None:
    print(f"{name}: accuracy {_interval(accuracy, pairs)}, macro F1 {_interval(macro_f1, pairs)}")


def _interval(metric: Callable[[Sequence[Pair]], float], pairs: Sequence[Pair]) -> str:
    """The metric with its 95 % bootstrap interval."""
    chance = random.Random(1)
    resampled = sorted(metric(chance.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    low, high = resampled[RESAMPLES * 25 // 1000], resampled[RESAMPLES * 975 // 1000]
    return f"{metric(pairs):.2f} [{low:.2f}, {high:.2f}]"


def accuracy(pairs: Sequence[Pair]) -> float:
    return sum(label == said for label, said in pairs) / len(pairs)


def macro_f1(pairs: Sequence[Pair]) -> float:
    """Mean of the F1 of every label that occurs."""
    return statistics.fmean(_f1(label, pairs) for label in {label for label, _ in pairs})


def _f1(label: str, pairs: Sequence[Pair]) -> float:
    right = sum(pair == (label, label) for pair in pairs)
    named = sum(said == label for _, said in pairs)
    true = sum(known == label for known, _ in pairs)
    return 2 * right / (named + true) if named + true else 0.0


def _confusion(pairs: Sequence[Pair]) -> None:
    for (label, said), count in sorted(Counter(pair for pair in pairs if pair[0] != pair[1]).items()):
        print(f"  {label:<14} taken for {said:<14} {count}")


if __name__ == "__main__":
    main()
