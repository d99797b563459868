"""Documents of the state: what nodes read, and what becomes of them in the end."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from graph.outcome import PARTS, result_document
from state.dispatch import DispatchResult
from state.job import JobInput, JobResult, Report

JOB_ID = UUID("0198f6f0-0000-7000-8000-000000000001")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
REPORT = Report(summary="All is well.", warnings=[], assumptions=[])
INPUT: dict[str, Any] = {"kind": "triage", "site": {"latitude": 1.0, "longitude": 36.0}}


def test_a_document_is_validated_once_however_many_nodes_read_it() -> None:
    document = JobInput.model_validate(INPUT).to_json()
    assert JobInput.from_json(document) is JobInput.from_json(document)


def test_a_document_read_as_another_model_is_validated_as_that() -> None:
    document = REPORT.to_json()
    Report.from_json(document)
    with pytest.raises(ValidationError):
        JobInput.from_json(document)


def test_what_comes_out_of_a_checkpoint_is_validated_each_time() -> None:
    document = dict(JobInput.model_validate(INPUT).to_json())
    JobInput.from_json(document)
    with pytest.raises(ValidationError):
        JobInput.from_json({**document, "kind": "none"})
    document["kind"] = "none"
    with pytest.raises(ValidationError):
        JobInput.from_json(document)


def test_a_copy_of_a_document_is_equal_and_reads_alike() -> None:
    document = JobInput.model_validate(INPUT).to_json()
    copied = deepcopy(document)
    assert copied == document
    assert JobInput.from_json(copied) == JobInput.from_json(document)


def test_the_stored_document_is_a_result_of_the_contract() -> None:
    stored = result_document(JOB_ID, NOON, {"report": REPORT.to_json()})
    read = JobResult.model_validate(stored)
    assert read.report == REPORT
    assert read.produced_at == NOON
    assert read.weather is None


def test_a_part_that_an_older_version_wrote_is_refused_visibly() -> None:
    with pytest.raises(ValidationError, match="DispatchResult"):
        result_document(JOB_ID, NOON, {"report": REPORT.to_json(), "dispatch": {"crew": "two"}})


def test_every_part_of_a_result_is_checked() -> None:
    frame = {"job_id", "version", "produced_at", "questions"}
    assert set(PARTS) == JobResult.model_fields.keys() - frame
    assert PARTS["dispatch"] is DispatchResult
