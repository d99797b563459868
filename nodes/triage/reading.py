"""Free text read for evidence: dangers, failure modes, the asset, fault codes; and what the text denies."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from nodes.triage.codes import mode_dangers
from nodes.triage.denial import denied
from nodes.triage.findings import Danger, Finding
from nodes.triage.knowledge import modes
from nodes.triage.lexicon import DangerWords, languages, lexicon, read_words
from nodes.triage.mentions import Mentioned, mentioned
from nodes.triage.phrases import BREAKS, Match, Token, unmasked
from nodes.triage.readings import Reading, readings

RULE = "words of the ticket"
SYMPTOM_WEIGHT = 0.5
"""How far words that name a failure mode support it."""
LONGEST_QUOTE = 120
"""[characters]"""


def read_text(text: str) -> list[Finding]:
    """Everything the text says in any language known, each with the clause it stands in."""
    if not text:
        return []
    return list(dict.fromkeys(finding for language in languages() for finding in _read_in(text, language)))


def _read_in(text: str, language: str) -> list[Finding]:
    tokens = read_words(text, language)
    words = [token.word for token in tokens]
    known = lexicon(language)
    masks = known.masks.find(words)

    dangers = unmasked(known.danger_phrases.find(words), masks)
    symptoms = unmasked(known.mode_phrases.find(words), masks)
    not_so = denied([*dangers, *symptoms], words, known.denials)
    told = _first_of_each(match for match in dangers if match not in not_so)
    named = _first_of_each(match for match in symptoms if match not in not_so)
    refused = _first_of_each(match for match in dangers if match in not_so)
    subjects = (mode for m in named if (mode := known.modes[m.key]) not in known.messengers)
    about = mentioned(words, known, masks, Counter(modes()[mode].asset for mode in subjects))

    def quote(match: Match) -> str:
        return _clause(text, tokens, match)

    return [
        *(_danger(known.dangers[match.key], quote(match)) for match in told),
        *(
            _reading(found, quote(Match(0, found.start, found.end)))
            for found in readings(text, tokens, known)
        ),
        *(_mode(known.modes[match.key], quote(match)) for match in named),
        *(_asset(asset, quote(asset.at)) for asset in about),
        *(_denial(known.dangers[match.key], quote(match)) for match in refused),
    ]


_CODE = re.compile(
    r"""
    \b(?:error|fault|alarm|event|status)?\ ?           # "error code", "status code"
    (?:codes?|error|fault|alarm|state|err)\.?\ *       # or one of these alone
    (?:no\.?|number|nr\.?|is|:|\#|=)?\ *\#?
    ([A-Z]{0,3}-?\d{2,5}[A-Z]?)\b                      # 475, F24, ID56, 1033H
    (?!\ *(?:%|v|kv|a|w|kw|kwh|hz|days?|hours?|hrs?|min|am|pm)\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)


_SELF_EVIDENT: Mapping[str, re.Pattern[str]] = {
    "deye": re.compile(r"\bF\d{2}\b", re.IGNORECASE),
    "sofar": re.compile(r"\bID\d{2}\b", re.IGNORECASE),
}
"""Codes that need no word before them, by the vendor who writes them so."""


def codes_in(text: str, vendor: str | None) -> list[str]:
    """Fault codes that the text quotes: `error code 475`, `state 307`, and with Deye simply `F24`."""
    quoted = [match[1] for match in _CODE.finditer(text)]
    if pattern := _SELF_EVIDENT.get(vendor or ""):
        quoted += pattern.findall(text)
    return list(dict.fromkeys(quoted))


def _first_of_each(matches: Iterable[Match]) -> list[Match]:
    first: dict[int, Match] = {}
    for match in sorted(matches, key=lambda m: m.start):
        first.setdefault(match.key, match)
    return list(first.values())


def _danger(danger: DangerWords, quote: str) -> Finding:
    return Finding(
        source="text",
        quote=quote,
        says=danger.says,
        rule=RULE,
        dangers=(Danger(danger.kind, quote, danger.stops),),
    )


def _reading(found: Reading, quote: str) -> Finding:
    danger = Danger(found.words.kind, quote, stops=True)
    return Finding(
        source="text", quote=quote, says=found.words.says, rule=found.words.source, dangers=(danger,)
    )


def _denial(danger: DangerWords, quote: str) -> Finding:
    says = f"the ticket denies this: {danger.says}"
    return Finding(source="text", quote=quote, says=says, rule=RULE, clears=frozenset({danger.kind}))


def _mode(mode_id: str, quote: str) -> Finding:
    mode = modes()[mode_id]
    return Finding(
        source="text",
        quote=quote,
        says=mode.label,
        rule=RULE,
        weight=SYMPTOM_WEIGHT,
        mode=mode.id,
        dangers=mode_dangers(mode, quote),
    )


def _asset(found: Mentioned, quote: str) -> Finding:
    return Finding(
        source="text",
        quote=quote,
        says=f"the ticket is about: {found.asset.replace('_', ' ')}",
        rule=RULE,
        weight=round(found.support, 3),
        asset=found.asset,
    )


def _clause(text: str, tokens: Sequence[Token], match: Match) -> str:
    """The clause around a match, cut to `LONGEST_QUOTE`, as the ticket writes it."""
    start, end = match.start, match.end
    while (
        start > 0
        and tokens[start - 1].word not in BREAKS
        and _length(tokens, start - 1, end) <= LONGEST_QUOTE
    ):
        start -= 1
    while (
        end < len(tokens)
        and tokens[end].word not in BREAKS
        and _length(tokens, start, end + 1) <= LONGEST_QUOTE
    ):
        end += 1
    return " ".join(text[tokens[start].start : tokens[end - 1].end].split())


def _length(tokens: Sequence[Token], start: int, end: int) -> int:
    return tokens[end - 1].end - tokens[start].start
