"""Triage by words alone: real tickets, the safety suite, how far its confidence can be believed, and its time.

The real tickets are a CSV with columns `text` and `asset`, named by TRIAGE_TICKETS or found in a `shared/reference`
beside the repository; where there is none a skip is printed. The rival of the same run is the most frequent asset.
"""

import csv
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nodes.triage.engine import triage
from state.job import JobInput
from state.triage import TriageResult

SUITE = Path(__file__).parents[1] / "data" / "safety_tickets.csv"
REFERENCE = Path("shared") / "reference" / "triage" / "pvops_dev.csv"
SAME = {"met": "met_station"}
"""Labels that our contract spells differently."""
RESAMPLES = 2_000
BINS = (0.0, 0.4, 0.6, 1.01)
"""Edges between which confidences are compared with how often they were right."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The label of a ticket, what triage said, how sure it was and the processor time it took [s]."""

    label: str
    said: str
    confidence: float
    seconds: float


def main() -> None:
    if (tickets := _tickets()) is None:
        print("skip: no real tickets; name a CSV with columns text and asset in TRIAGE_TICKETS")
    else:
        _real(_rows(tickets))
    _suite(_rows(SUITE))


def _tickets() -> Path | None:
    if named := os.environ.get("TRIAGE_TICKETS"):
        return Path(named)
    return next((p / REFERENCE for p in Path.cwd().parents if (p / REFERENCE).exists()), None)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _triage(text: str) -> TriageResult:
    ticket = {"kind": "triage", "site": {"latitude": 0.0, "longitude": 36.0}, "ticket": {"text": text}}
    found = triage(JobInput.model_validate(ticket), {}, production=None).triage
    assert found is not None
    return found


def _real(rows: Sequence[dict[str, str]]) -> None:
    _triage("warm")
    answers = [_answer(SAME.get(row["asset"], row["asset"]), row["text"]) for row in rows]
    answered = [answer for answer in answers if answer.said != "unknown"]
    usual = Counter(answer.label for answer in answers).most_common(1)[0][0]
    always = [Answer(answer.label, usual, 1.0, 0.0) for answer in answered]

    print(f"real tickets {len(answers)}, answered {len(answered)}, abstained {len(answers) - len(answered)}")
    _report("answered", answered)
    _report("all, an abstention is wrong", answers)
    _report(f"rival, always {usual}, on the answered", always)
    _confusion(answers)
    _calibration(answered)
    milliseconds = sorted(1000 * answer.seconds for answer in answers)
    print(
        f"processor time per ticket: p50 {statistics.median(milliseconds):.2f} ms, most {milliseconds[-1]:.2f} ms"
    )


def _answer(label: str, text: str) -> Answer:
    started = time.process_time()
    found = _triage(text)
    return Answer(label, found.asset, found.confidence, time.process_time() - started)


def _report(name: str, answers: Sequence[Answer]) -> None:
    print(
        f"  {name:<38} accuracy {_interval(accuracy, answers)}, macro F1 {_interval(macro_f1, answers)}, "
        f"of labels and answers together {macro_f1_of_all(answers):.2f}"
    )


def _interval(metric: Callable[[Sequence[Answer]], float], answers: Sequence[Answer]) -> str:
    """The metric with its 95 % bootstrap interval."""
    chance = random.Random(1)
    resampled = sorted(metric(chance.choices(answers, k=len(answers))) for _ in range(RESAMPLES))
    low, high = resampled[RESAMPLES * 25 // 1000], resampled[RESAMPLES * 975 // 1000]
    return f"{metric(answers):.3f} [{low:.2f}, {high:.2f}]"


def accuracy(answers: Sequence[Answer]) -> float:
    return sum(answer.label == answer.said for answer in answers) / len(answers)


def macro_f1(answers: Sequence[Answer]) -> float:
    """Mean of the F1 of every label that occurs."""
    return statistics.fmean(_f1(label, answers) for label in {answer.label for answer in answers})


def macro_f1_of_all(answers: Sequence[Answer]) -> float:
    """The same over the labels that were given as well: an asset that no ticket is labelled with counts 0."""
    named = {answer.label for answer in answers} | {answer.said for answer in answers}
    return statistics.fmean(_f1(label, answers) for label in named - {"unknown"})


def _f1(label: str, answers: Sequence[Answer]) -> float:
    right = sum(answer.label == label == answer.said for answer in answers)
    named = sum(answer.said == label for answer in answers)
    true = sum(answer.label == label for answer in answers)
    return 2 * right / (named + true) if named + true else 0.0


def _confusion(answers: Sequence[Answer]) -> None:
    counts = Counter((answer.label, answer.said) for answer in answers)
    said = [*sorted({answer.said for answer in answers} - {"unknown"}), "unknown"]
    print(f"  {'label, then what was said':<26}" + "".join(f"{name[:8]:>9}" for name in said))
    for label in sorted({answer.label for answer in answers}):
        print(f"  {label:<26}" + "".join(f"{counts[label, name] or '.':>9}" for name in said))


def _calibration(answers: Sequence[Answer]) -> None:
    print("  confidence: mean said, share right")
    for low, high in pairwise(BINS):
        within = [answer for answer in answers if low <= answer.confidence < high]
        if within:
            sure = statistics.fmean(answer.confidence for answer in within)
            print(
                f"    {low:.1f} to {min(high, 1.0):.1f}: {sure:.2f}, {accuracy(within):.2f} of {len(within)}"
            )
    brier = statistics.fmean((a.confidence - (a.label == a.said)) ** 2 for a in answers)
    print(f"    Brier score {brier:.3f} (0.25 is a coin's)")


def _suite(rows: Sequence[dict[str, str]]) -> None:
    print(f"safety suite {len(rows)}")
    for part in ("tuning", "held_out"):
        found = [(row["hazards"], _triage(row["text"])) for row in rows if row["part"] == part]
        wanted = [(kinds, result) for hazards, result in found if hazards for kinds in hazards.split("+")]
        named = sum(
            result.stop_work
            and bool(
                set(kinds.split("|"))
                & {hazard.kind for hazard in result.hazards if not hazard.evidence.startswith("Precaution")}
            )
            for kinds, result in wanted
        )
        calm = [result.stop_work for hazards, result in found if not hazards]
        print(
            f"  {part:<9} hazards named {named} of {len(wanted)}, "
            f"stopped for nothing {sum(calm)} of {len(calm)} ({sum(calm) / len(calm):.1%})"
        )


if __name__ == "__main__":
    main()
