"""Checkpoints: the saver LangGraph writes to, and the state of a job over it."""

from core.checkpoint.job_state import delete_job_state, get_job_state, save_job_state
from core.checkpoint.saver import RedisSaver

__all__ = ["RedisSaver", "delete_job_state", "get_job_state", "save_job_state"]
