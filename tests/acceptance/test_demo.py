from pathlib import Path

from tests.acceptance.conftest import Run


def test_the_demo_runs_offline_twice_on_the_same_data(solarsync: Run, tmp_path: Path) -> None:
    for _ in range(2):
        done = solarsync("demo", OPEN_METEO_URL="http://127.0.0.1:9", COLUMNS="140")
        assert done.returncode == 0, done.stdout + done.stderr
        for word in (
            "simulator",
            "design_temp_min_c",
            "STOP WORK",
            "Visit",
            "Economics",
            "Greensboro",
            "Done.",
        ):
            assert word in done.stdout
    assert (tmp_path / "data" / "demo.log").exists()
