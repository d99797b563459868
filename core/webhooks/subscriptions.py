"""Which events a webhook may ask for."""

from collections.abc import Mapping
from typing import Final

EVERY_EVENT: Final = "*"

EVENT_TYPES: Final[Mapping[str, str]] = {
    "job.created": "a job was accepted",
    "job.cancelled": "somebody cancelled the job",
    "job.completed": "the work is done, and what was found is on record",
    "job.overridden": "a dispatcher changed what the result says",
    "job.retried": "somebody asked for a failed job to be tried again",
    "node.started": "a step of the workflow has begun",
    "node.finished": "a step of the workflow is done",
    "questions.opened": "the job waits for answers",
    "questions.answered": "somebody answered",
    "result.stored": "there is a new version of the result",
    "run.succeeded": "a run has ended well",
    "run.failed": "a run has failed for good",
    "run.postponed": "a run met a passing failure and will be tried again",
    "run.taken_over": "a worker was lost, and another goes on with its run",
    "job.assigned": "somebody is sent to the job",
    "job.urgent": "triage has stopped the work, or found the job to be of priority 1",
    "visit.changed": "the visit was moved, called off or given to somebody else",
    "notification.failed": "a dispatcher or technician could not be told of an event",
    "visit.taken": "the visit that a run had planned was given away meanwhile or is past; the run plans again",
    "alert.opened": "the weather at the job's site calls for attention",
    "alert.updated": "an alert has another severity, or begins or ends at another time",
    "alert.closed": "an alert has passed or was withdrawn",
    "run.rebuilt": "a run lost its checkpoint and started over from what is recorded",
}
"""Every type a timeline may hold, and what it says."""
