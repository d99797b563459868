from typing import Any

from nodes.report.node import report
from state.job import Report

JOB = {
    "kind": "triage",
    "site": {"latitude": -1.27, "longitude": 36.84, "address": "Ngong Road", "timezone": "Africa/Nairobi"},
}
NO_VISIT: dict[str, Any] = {
    "visit_needed": False,
    "technician": None,
    "visit": None,
    "reasons": ["the fault can be dealt with from afar"],
    "alternatives": [],
}


async def test_the_report_is_written_and_told() -> None:
    written = await report({"job_id": "j", "input": JOB, "answers": {}, "dispatch": NO_VISIT})
    made = Report.model_validate(written["report"])
    assert made.summary == ("Fault at Ngong Road.\nVisit: not needed; the fault can be dealt with from afar.")
    [message] = written["messages"]
    assert (message.content, message.name, message.id) == (made.summary, "report", "j:report")
