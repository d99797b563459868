"""What the job's row repeats of the state."""

from graph.entry import fault_found, job_values

TRIAGED = {"triage": {"priority": "P2", "asset": "inverter", "failure_mode": None}}


def test_what_triage_found_is_repeated_for_the_other_jobs_at_the_site() -> None:
    assert fault_found(TRIAGED) == {"asset": "inverter", "failure_mode": None, "priority": "P2"}
    assert fault_found(TRIAGED).items() <= job_values(TRIAGED).items()


def test_a_job_without_triage_repeats_nothing_of_it() -> None:
    assert fault_found({"sizing": {}}) == {}
