"""Triage of one fault ticket: deterministic, explained, without a clock or a connection."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import FieldError, InvalidInput
from nodes.triage.codes import CodesRead, read_codes
from nodes.triage.duplicates import duplicates
from nodes.triage.extracted import read_extracted
from nodes.triage.findings import Finding
from nodes.triage.hazards import hazards_of, stopping
from nodes.triage.history import read_history, recurrence
from nodes.triage.knowledge import vendors
from nodes.triage.losses import energy_loss, worst_share
from nodes.triage.measurements import Measured, read_measurements
from nodes.triage.priority import priority_of
from nodes.triage.production import ExpectedPower, ExpectedProduction, expected_production, power_expected
from nodes.triage.questions import (
    FAULT_DESCRIPTION,
    SYSTEM_VOLTAGE,
    VENDOR,
    answered_vendor,
    description_question,
    vendor_question,
    voltage_question,
)
from nodes.triage.ranking import Ranked, contradictions, rank
from nodes.triage.reading import codes_in, read_text
from nodes.triage.settings import DEFAULTS, TriageSettings
from nodes.triage.vendors import Named, from_name, from_text, narrowed
from nodes.triage.work import plan_work
from state.equipment import InverterDatasheet
from state.job import JobInput
from state.questions import Question
from state.triage import (
    ExtractedEvidence,
    Hypothesis,
    PastFault,
    SiteRecord,
    Ticket,
    TriageAnswer,
    TriageResult,
)

NOTHING_KNOWN = SiteRecord()


@dataclass(frozen=True, slots=True)
class Read:
    """Everything that was read from a ticket, before anything is concluded."""

    vendor: Named
    codes: CodesRead
    quoted: CodesRead
    """Codes that the text quotes: used where they can be read, not asked about where they cannot."""
    measured: Measured
    findings: tuple[Finding, ...]


def triage(
    job: JobInput,
    answers: Mapping[str, Any],
    *,
    production: ExpectedProduction | None,
    expected_power: ExpectedPower | None = None,
    site: SiteRecord = NOTHING_KNOWN,
    extracted_evidence: Sequence[ExtractedEvidence] = (),
    settings: TriageSettings = DEFAULTS,
) -> TriageAnswer:
    """What is wrong, how urgent it is and what to do first; beside it the questions that would make it surer.

    Evidence is read from fault codes, measurements, words and what happened at the site before. Hazards add up and
    are never removed; words, and what somebody else read out of them (`extracted_evidence`), can raise a priority,
    never lower one. `production` is what a loss is reckoned against, `expected_power` what measured power is held
    against where the ticket states none; without them the job's own input is tried. Raises `InvalidInput` where the
    job has no ticket.
    """
    if job.ticket is None:
        raise InvalidInput([FieldError("/ticket", "a ticket is needed: text, fault codes or measurements")])
    read = _read(
        job,
        job.ticket,
        answers,
        past=site.past,
        extracted=extracted_evidence,
        expected_power=expected_power or power_expected(job, None, settings),
    )
    explanations = [h for h in rank(read.findings) if h.confidence >= settings.worth_mentioning]
    ranked = [h for h in explanations if h.confidence >= settings.enough_confidence]
    questions = list(_questions(read, ranked, answers))
    result = _conclude(job, read, ranked, production, settings)
    linked = duplicates(job.ticket, ranked, site.open, settings)
    again = recurrence(site.past, ranked)
    return TriageAnswer(
        triage=result.model_copy(
            update={
                "hypotheses": [_hypothesis(hypothesis) for hypothesis in explanations],
                "duplicates": linked,
                "actions": [*result.actions, *([f"Recurring: {again}"] if again else [])],
                "warnings": [
                    *result.warnings,
                    *(f"job {twin.job_id} at this site is open for the same fault" for twin in linked),
                ],
            }
        ),
        questions=questions,
    )


def words_of(job: JobInput, answers: Mapping[str, Any]) -> str:
    """Everything that was said about the fault in words."""
    said = job.ticket.text if job.ticket else None
    return "\n".join(filter(None, (said or job.description, answers.get(FAULT_DESCRIPTION))))


def _read(
    job: JobInput,
    ticket: Ticket,
    answers: Mapping[str, Any],
    *,
    past: Sequence[PastFault],
    extracted: Sequence[ExtractedEvidence],
    expected_power: ExpectedPower | None,
) -> Read:
    text = words_of(job, answers)
    vendor = answered_vendor(answers) or _vendor(job, ticket, text)
    codes = read_codes(ticket.fault_codes, vendor.only)
    quoted = read_codes(codes_in(text, vendor.only), vendor.only)
    measured = read_measurements(
        ticket.measurements,
        system_voltage_v=answers.get(SYSTEM_VOLTAGE),
        service_voltage_v=job.electrical.service_voltage_v,
        expected_power=expected_power,
    )
    speaking = _speaking([*codes.waiting, *codes.unknown])
    dangers_named = [finding for finding in read_text(speaking) if finding.dangers]
    said = (*codes.findings, *quoted.findings, *measured.findings, *dangers_named, *read_text(text))
    findings = (*said, *read_history(past, said), *read_extracted(extracted))
    return Read(vendor, codes, quoted, measured, tuple(dict.fromkeys(findings)))


def _vendor(job: JobInput, ticket: Ticket, text: str) -> Named:
    """Whose codes these are: as the ticket says, else as the job's inverter says, else as the text names one."""
    if ticket.vendor:
        return narrowed(from_name(ticket.vendor), text)
    inverter = job.equipment.inverter
    stated = inverter.manufacturer if isinstance(inverter, InverterDatasheet) else inverter
    if stated and (named := from_text(stated)).ids:
        return narrowed(named, text)
    return narrowed(from_text(text), text)


def _speaking(codes: Iterable[str]) -> str:
    """Codes that are words: what cannot be decoded may still say that it is dangerous."""
    return ". ".join(code.replace("_", " ") for code in codes if sum(map(str.isalpha, code)) >= 3)


def _questions(read: Read, ranked: Sequence[Ranked], answers: Mapping[str, Any]) -> Iterable[Question]:
    if read.codes.waiting and VENDOR not in answers and _unclear(read.vendor):
        yield vendor_question(read.codes.waiting, read.vendor)
    elif (not ranked or ranked[0].asset == "unknown") and FAULT_DESCRIPTION not in answers:
        yield description_question()
    if read.measured.needs_system_voltage and SYSTEM_VOLTAGE not in answers:
        yield voltage_question()


def _unclear(vendor: Named) -> bool:
    """Whether nobody said whose the codes are, or said it ambiguously; a vendor without a table is clear."""
    return vendor.said is None or len(vendor.ids) > 1


def _conclude(
    job: JobInput,
    read: Read,
    ranked: Sequence[Ranked],
    production: ExpectedProduction | None,
    settings: TriageSettings,
) -> TriageResult:
    findings = read.findings
    top = ranked[0] if ranked else None
    mode = top.mode if top else None
    share = worst_share(findings)
    undecoded = bool(read.codes.waiting or read.codes.unknown)
    stops = stopping(findings)
    priority, reason = priority_of(
        stops,
        ranked,
        lost_share=share,
        undecoded=undecoded,
        at_least=[finding.at_least for finding in findings if finding.at_least],
        system_type=job.system_type,
        urgent_loss_share=settings.urgent_loss_share,
    )
    work = plan_work(job, findings, ranked, offline=share >= 1, settings=settings)
    expected = production or expected_production(job, None, settings)
    contradicted = contradictions(findings, ranked)
    return TriageResult(
        asset=top.asset if top else "unknown",
        component=(mode.component or None) if mode else None,
        failure_mode=mode.id if mode else None,
        cause=mode.cause if mode else None,
        diagnosis=_diagnosis(top),
        priority=priority,
        respond_within_hours=settings.respond_within_hours[priority],
        hazards=hazards_of(findings),
        stop_work=bool(stops),
        truck_roll=work.truck_roll,
        actions=work.actions,
        parts=work.parts,
        skills=work.skills,
        estimated_duration_h=work.duration_h,
        labour_cost=work.labour_cost,
        transport_cost=work.transport_cost,
        currency=job.economics.currency,
        energy_loss=energy_loss(findings, ranked, expected, _tariff(job, settings), job.economics.currency),
        confidence=top.confidence if top else 0.0,
        evidence=[finding.evidence() for finding in findings],
        contradictions=contradicted,
        assumptions=[f"priority {priority}: {reason}", *work.assumptions, *_vendor_notes(read)],
        warnings=[*_warnings(read), *(f"contradiction: {sentence}" for sentence in contradicted)],
    )


def _hypothesis(ranked: Ranked) -> Hypothesis:
    return Hypothesis(
        asset=ranked.asset,
        failure_mode=ranked.mode.id if ranked.mode else None,
        diagnosis=_diagnosis(ranked),
        confidence=ranked.confidence,
    )


def _diagnosis(ranked: Ranked | None) -> str:
    if ranked is None:
        return "What failed cannot be told from what was given."
    if ranked.mode is None:
        return f"It concerns the {ranked.asset.replace('_', ' ')}; what is wrong with it is not said."
    label, cause = ranked.mode.label, ranked.mode.cause
    return f"{label[0].upper()}{label[1:]}. Likely: {cause[0].lower()}{cause[1:]}."


def _tariff(job: JobInput, settings: TriageSettings) -> float | None:
    if job.economics.tariff_per_kwh is not None:
        return job.economics.tariff_per_kwh
    return settings.tariff_per_kwh if job.economics.currency == settings.currency else None


def _vendor_notes(read: Read) -> Iterable[str]:
    if read.codes.findings and read.vendor.only and (note := vendors()[read.vendor.only].note):
        yield note


def _warnings(read: Read) -> Iterable[str]:
    if read.codes.waiting:
        whose = (
            "whose it is, is not clear"
            if _unclear(read.vendor)
            else f"no codes of {read.vendor.said} are known"
        )
        yield f"fault code {', '.join(read.codes.waiting)} was not read: {whose}. It may stand for anything"
    if read.codes.unknown and read.vendor.only:
        label = vendors()[read.vendor.only].label
        yield f"fault code {', '.join(read.codes.unknown)} is not in the table known for {label}; it was not guessed"
    if quoted := [*read.quoted.waiting, *read.quoted.unknown]:
        yield f"the text quotes {', '.join(quoted)}: not read as a fault code, its vendor or its meaning is not known"
    for what in read.measured.not_judged:
        yield f"not judged: {what}"
