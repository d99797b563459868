"""What a text denies: "no smoke", "not tripping", "sparks: none seen". In doubt a danger is not denied."""

from collections.abc import Sequence

from nodes.triage.lexicon import Denials
from nodes.triage.phrases import BREAKS, Match

CONDITION_REACH = 4
"""Within so many words after a danger a condition takes its denial back."""
DENIAL_REACH = 30
"""No denial reaches further back; a list of dangers that long is no list."""


def denied(matches: Sequence[Match], words: Sequence[str], by: Denials) -> set[Match]:
    """Those matches that the text denies.

    A denial reaches over the few words that may stand between ("no sign of smoke") and over further matches of the
    same list ("no smoke, fire or arcing"). Any other word, a full stop and a verb ("don't touch, the rail is live")
    end it: "no power, smoke comes out" denies nothing. A condition takes it back: "no ground fault when dry".
    """
    inside = {place for match in matches if not _speaks_no(match, words, by) for place in match.spoken}
    before_ends = {match.end for match in by.before.find(words)}
    after_starts = {match.start for match in by.after.find(words)}
    found = {
        match
        for match in matches
        if not _conditional(match, words, by)
        and (
            _denied_before(match, words, by, inside, before_ends)
            or _denied_inside(match, words, by)
            or _denied_after(match, words, by, after_starts)
        )
    }
    return found | _joined(matches, words, by, found)


def _places(match: Match) -> range:
    return range(match.start, match.end)


def _speaks_no(match: Match, words: Sequence[str], by: Denials) -> bool:
    """`no comms` is itself the fault: its `no` denies nothing else."""
    return any(words[place] in by.words for place in match.spoken)


def _conditional(match: Match, words: Sequence[str], by: Denials) -> bool:
    for word in words[match.end : match.end + CONDITION_REACH]:
        if word in BREAKS:
            return False
        if word in by.conditions:
            return True
    return False


def _denied_before(match: Match, words: Sequence[str], by: Denials, inside: set[int], ends: set[int]) -> bool:
    place = match.start
    of_its_own = any(words[place] in by.verbs for place in _places(match))
    while place > max(0, match.start - DENIAL_REACH):
        if place in ends:
            return not _taken_back(words, place, by)
        place -= 1
        word = words[place]
        if word in by.connectors and of_its_own:
            return False
        if word in by.connectors and place - 1 not in inside:
            return word in by.alternatives and not ends.isdisjoint({place - 1, place - 2})
        if word not in by.connectors and place not in inside and word not in by.transparent:
            return False
    return False


def _taken_back(words: Sequence[str], end: int, by: Denials) -> bool:
    """`cannot be ruled out arcing`: a denial that is itself denied."""
    return words[end - 1] == "out" and any(word in by.words for word in words[max(0, end - 5) : end - 2])


def _denied_inside(match: Match, words: Sequence[str], by: Denials) -> bool:
    """`breaker is not tripping`: the denial stands right before the last word, within the phrase's gap."""
    last = match.end - 1
    while last - 1 > match.start and words[last - 1] in by.transparent:
        last -= 1
    return last - 1 > match.start and last - 1 not in match.spoken and words[last - 1] in by.words


def _denied_after(match: Match, words: Sequence[str], by: Denials, starts: set[int]) -> bool:
    place = match.end
    while place < len(words) and (words[place] in by.transparent_after or words[place] in ":?,"):
        place += 1
    if place in starts:
        return True
    ends = place + 1 >= len(words) or words[place + 1] in BREAKS or words[place + 1] == ","
    return place < len(words) and words[place] in by.at_clause_end and ends


def _joined(matches: Sequence[Match], words: Sequence[str], by: Denials, found: set[Match]) -> set[Match]:
    """`smoke or sparks not seen` denies both: the denial of the last of a list reaches back to its first."""
    joined: set[Match] = set()
    for match in sorted(matches, key=lambda m: -m.start):
        listed = match.end < len(words) and words[match.end] in by.connectors
        if listed and any(other.start == match.end + 1 for other in found | joined):
            joined.add(match)
    return joined
