"""Checkpoints: the saver LangGraph writes to, the state of a job over it, and what its runs were answered."""

from core.checkpoint.job_state import delete_job_state, get_job_state, save_job_state
from core.checkpoint.recorded_calls import RecordedCalls, run_id_in_hand, run_in_hand
from core.checkpoint.saver import RedisSaver

__all__ = [
    "RecordedCalls",
    "RedisSaver",
    "delete_job_state",
    "get_job_state",
    "run_id_in_hand",
    "run_in_hand",
    "save_job_state",
]
