import re
from pathlib import Path

import pytest

from core.config import SPELLINGS, Settings, load_settings, resolve_secret_key
from core.errors import ConfigurationError
from tests.support.environment import SPELLED, VARIABLES

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SPELLED:
        monkeypatch.delenv(name, raising=False)


def test_the_example_names_every_setting_and_no_other() -> None:
    named = {name for name, _ in VARIABLE.findall((ROOT / ".env.example").read_text())}
    assert named == VARIABLES


def test_the_example_holds_the_defaults() -> None:
    assert load_settings(ROOT / ".env.example") == load_settings(None)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    otherwise = load_settings(None)
    for name in SPELLED:
        monkeypatch.setenv(name, "")
    assert load_settings(None) == otherwise


def test_every_variable_of_the_example_has_a_comment_above_its_group() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    for number, line in enumerate(lines):
        if VARIABLE.match(line):
            above = lines[number - 1]
            assert above.startswith("#") or VARIABLE.match(above), line


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        (
            "DATABASE_URL",
            "mysql://user:hunter2@host/db",
            "DATABASE_URL: must start with postgresql+asyncpg://",
        ),
        ("REDIS_URL", "http://host", "REDIS_URL: must start with redis://"),
        ("SECRET_KEY", "short", "SECRET_KEY: needs at least 32 characters"),
        ("WEATHER_REFRESH_MINUTES", "soon", "WEATHER_REFRESH_MINUTES: "),
        ("WEATHER_PROVIDERS", "open_meteo,crystal_ball", "WEATHER_PROVIDERS: unknown: crystal_ball"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL: "),
        ("FORWARDED_ALLOW_IPS", "10.0.0.0/8,hunter2.example", "FORWARDED_ALLOW_IPS: "),
    ],
)
def test_a_wrong_value_names_its_variable_and_never_shows_itself(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings(None)
    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].startswith(complaint)
    assert "hunter2" not in refused.value.problems[0]


def test_several_wrong_values_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "short")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    with pytest.raises(ConfigurationError) as refused:
        load_settings(None)
    assert len(refused.value.problems) == 2


def test_production_asks_for_its_servers_and_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(ConfigurationError, match="DATABASE_URL, REDIS_URL, SECRET_KEY required"):
        load_settings(None)


@pytest.mark.parametrize("names", SPELLINGS.values())
def test_two_names_of_one_setting_may_agree_and_must_not_disagree(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]
) -> None:
    one, other = {
        "SECRET_KEY": ("k" * 40, "q" * 40),
        "JWT_ALGORITHM": ("HS256", "HS512"),
        "ACCESS_TOKEN_EXPIRE_MINUTES": ("15", "20"),
    }[names[0]]
    monkeypatch.setenv(names[0], one)
    monkeypatch.setenv(names[1], one)
    load_settings(None)
    monkeypatch.setenv(names[1], other)
    with pytest.raises(ConfigurationError, match=f"{names[0]} and {names[1]} are two names"):
        load_settings(None)


@pytest.mark.parametrize("names", SPELLINGS.values())
def test_the_other_name_of_a_setting_works_alone(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]
) -> None:
    value = {"SECRET_KEY": "k" * 40, "JWT_ALGORITHM": "HS512", "ACCESS_TOKEN_EXPIRE_MINUTES": "20"}[names[0]]
    monkeypatch.setenv(names[1], value)
    settings = load_settings(None)
    found = getattr(settings, names[0].lower())
    assert str(getattr(found, "get_secret_value", lambda: found)()) == value


def test_secrets_do_not_show_in_the_settings_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "marker-" * 10)
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:marker-password@host/db")
    monkeypatch.setenv("NOTIFICATION_URLS", "mailto://user:marker-password@host,json://marker-host")
    assert "marker" not in repr(load_settings(None))


def test_a_generated_secret_key_is_kept_and_private(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")
    first, generated = resolve_secret_key(settings)
    again, _ = resolve_secret_key(settings)
    assert generated
    assert len(first.get_secret_value()) >= 32
    assert first.get_secret_value() == again.get_secret_value()
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o077 == 0


def test_a_given_secret_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", secret_key="k" * 40)
    key, generated = resolve_secret_key(settings)
    assert key.get_secret_value() == "k" * 40
    assert not generated
    assert not (tmp_path / "data").exists()


def test_a_cost_budget_without_prices_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_COST_PER_JOB", "0.5")

    with pytest.raises(ConfigurationError, match="OPENAI_PROMPT_PRICE"):
        load_settings(None)
