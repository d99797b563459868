"""Arithmetic on stretches of time: sorted, disjoint (start, end) pairs of seconds since the epoch."""

import math
from collections.abc import Iterable

Interval = tuple[float, float]
Intervals = list[Interval]

ALWAYS: Intervals = [(-math.inf, math.inf)]


def union(stretches: Iterable[Interval]) -> Intervals:
    """Any stretches, sorted, those that touch or overlap made one; empty and reversed ones dropped."""
    merged: Intervals = []
    for start, end in sorted(stretches):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """The time that is in both."""
    common: Intervals = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            common.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return common


def subtract(whole: Intervals, taken: Intervals) -> Intervals:
    """The time of `whole` that `taken` leaves."""
    edges = [-math.inf, *(edge for interval in taken for edge in interval), math.inf]
    return intersect(whole, [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b])


def shrink(whole: Intervals, margin: float) -> Intervals:
    """Each stretch without its first and last `margin` seconds; those too short vanish."""
    return [(start + margin, end - margin) for start, end in whole if start + margin < end - margin]


def longest(stretches: Intervals) -> float:
    """The length of the longest stretch; 0 without any."""
    return max((end - start for start, end in stretches), default=0.0)


def first_start(
    stretches: Intervals, length: float, *, not_before: float, not_after: float, grid: float
) -> float | None:
    """The earliest start on the grid from which `length` fits into one stretch, or None."""
    for start, end in stretches:
        begin = math.ceil(max(start, not_before) / grid) * grid
        if begin > not_after:
            return None
        if begin + length <= end:
            return begin
    return None
