"""Settings come from the environment alone; a wrong one is refused with a sentence that says what to do."""

import json
from pathlib import Path

import pytest

from backend.config.checks import CannotStart
from backend.config.database import database_setting
from backend.config.demo_reset import refuse_production
from backend.config.env import TABLE, SettingsError, load
from backend.config.settings_page import PAGE, rendered


def _refusal(name: str, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load({name: text})
    assert len(caught.value.sentences) == 1
    return caught.value.sentences[0]


def test_nothing_set_is_a_development_server_on_this_machine() -> None:
    env = load({})
    assert (env.host, env.port, env.env, env.production) == ("127.0.0.1", 8000, "development", False)
    assert (env.database_url, env.redis_url, env.secret_key, env.fcm_credentials, env.fcm_url) == (None,) * 5
    assert env.data_dir == Path("data").absolute()
    assert (env.web_processes, env.db_pool, env.demo, env.cors_origins) == (1, 8, True, ())
    assert env.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")


def test_every_variable_is_read(tmp_path: Path) -> None:
    account = tmp_path / "firebase.json"
    account.write_text(json.dumps({"type": "service_account"}))
    env = load(
        {
            "DATABASE_URL": "postgres://ana:secret@db.example.com:5433/crm?sslmode=require",
            "REDIS_URL": "rediss://cache.example.com:6380/1",
            "FIELDBEAT_HOST": "0.0.0.0",
            "FIELDBEAT_PORT": "8123",
            "FIELDBEAT_DATA_DIR": str(tmp_path),
            "FIELDBEAT_SECRET_KEY": "a secret of thirty-two characters!",
            "FIELDBEAT_ENV": "Production",
            "FIELDBEAT_LOG_LEVEL": "warning",
            "FIELDBEAT_LOG_FORMAT": "console",
            "FIELDBEAT_CORS_ORIGINS": "https://app.example.com, http://localhost:5173",
            "FIELDBEAT_ALLOWED_HOSTS": "crm.example.com,*.example.org",
            "FIELDBEAT_PUBLIC_URL": "https://Field.example.net/",
            "FIELDBEAT_FCM_CREDENTIALS": str(account),
            "FIELDBEAT_FCM_URL": "http://127.0.0.1:9099/",
            "FIELDBEAT_WEB_PROCESSES": "4",
            "FIELDBEAT_DB_POOL": "16",
            "FIELDBEAT_DEMO": "0",
        }
    )
    assert env.database_url == "postgres://ana:secret@db.example.com:5433/crm?sslmode=require"
    assert env.redis_url == "rediss://cache.example.com:6380/1"
    assert (env.host, env.port, env.data_dir, env.secret_key) == (
        "0.0.0.0",
        8123,
        tmp_path,
        "a secret of thirty-two characters!",
    )
    assert (env.production, env.log_level, env.log_format) == (True, "WARNING", "console")
    assert env.cors_origins == ("https://app.example.com", "http://localhost:5173")
    # Who follows the link in a mail comes by the name that stands there.
    assert env.allowed_hosts == ("crm.example.com", "*.example.org", "field.example.net")
    assert (env.fcm_credentials, env.fcm_url) == (account, "http://127.0.0.1:9099")
    assert (env.web_processes, env.db_pool, env.demo) == (4, 16, False)


def test_how_many_rows_a_phone_is_given_is_for_the_operator_to_say() -> None:
    env = load({})
    assert (env.sync_warn_rows, env.sync_most_rows) == (50_000, 250_000)
    env = load({"FIELDBEAT_SYNC_WARN_ROWS": "20000", "FIELDBEAT_SYNC_MOST_ROWS": "400000"})
    assert (env.sync_warn_rows, env.sync_most_rows) == (20_000, 400_000)
    assert "FIELDBEAT_SYNC_MOST_ROWS=0" in _refusal("FIELDBEAT_SYNC_MOST_ROWS", "0")


def test_an_empty_variable_is_an_absent_one() -> None:
    assert load({variable.name: "  " for variable in TABLE}) == load({})


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("DATABASE_URL", "sqlite:///crm.db", "needs PostgreSQL 15 to 18"),
        ("DATABASE_URL", "mysql://host/crm", "names mysql"),
        ("DATABASE_URL", "postgresql://ana@[::1/crm", "cannot be understood"),
        ("DATABASE_URL", "crm", "names nothing"),
        ("DATABASE_URL", "postgresql://ana@db.example.com", "names no database"),
        ("DATABASE_URL", "postgresql://ana@db.example.com:99999/crm", "check its host and port"),
        ("REDIS_URL", "http://cache:6379", "redis://host:6379/0"),
        ("FIELDBEAT_HOST", "http://127.0.0.1", "an address alone"),
        ("FIELDBEAT_PORT", "http", "is not a number; write a whole number from 1 to 65535"),
        ("FIELDBEAT_PORT", "0", "is out of range; write a whole number from 1 to 65535"),
        ("FIELDBEAT_DATA_DIR", __file__, "is a file; name a folder"),
        ("FIELDBEAT_SECRET_KEY", "short", "openssl rand -base64 48"),
        ("FIELDBEAT_ENV", "staging", "write development or production"),
        ("FIELDBEAT_LOG_LEVEL", "LOUD", "write DEBUG or INFO or WARNING or ERROR"),
        ("FIELDBEAT_LOG_FORMAT", "xml", "write json or console"),
        ("FIELDBEAT_CORS_ORIGINS", "app.example.com", "https://app.example.com"),
        ("FIELDBEAT_CORS_ORIGINS", "https://app.example.com/path", "not an origin"),
        ("FIELDBEAT_ALLOWED_HOSTS", "https://crm.example.com", "write names alone"),
        ("FIELDBEAT_ALLOWED_HOSTS", "crm.*.com", "write names alone"),
        ("FIELDBEAT_FCM_CREDENTIALS", "/no/such/file.json", "No such file or directory"),
        ("FIELDBEAT_FCM_CREDENTIALS", __file__, "is not JSON"),
        ("FIELDBEAT_FCM_URL", "127.0.0.1:9099", "http://127.0.0.1:9099"),
        ("FIELDBEAT_VAPID_KEY", "abc", "not 32 bytes in base64url"),
        ("FIELDBEAT_VAPID_CONTACT", "ops", "mailto:ops@example.com"),
        ("FIELDBEAT_MAIL_URL", "mail.example.com", "smtp://user:password@host:587"),
        ("FIELDBEAT_MAIL_FROM", "Fieldbeat", "no mail address"),
        ("FIELDBEAT_FCM_PARALLEL", "0", "from 1 to 500"),
        ("FIELDBEAT_WEB_PROCESSES", "0", "from 1 to 64"),
        ("FIELDBEAT_DB_POOL", "101", "from 1 to 100"),
        ("FIELDBEAT_DEMO", "yes", "write 1 for yes, 0 for no"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_do(name: str, text: str, advice: str) -> None:
    sentence = _refusal(name, text)
    assert sentence.startswith(name)
    assert advice in sentence
    assert sentence.endswith(".")


def test_credentials_of_another_kind_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "user.json"
    other.write_text('{"type": "authorized_user"}')
    assert "holds no service account" in _refusal("FIELDBEAT_FCM_CREDENTIALS", str(other))


def test_a_refusal_never_repeats_a_password() -> None:
    assert "hunter2" not in _refusal("DATABASE_URL", "mysql://ana:hunter2@host/crm")
    assert "hunter2" not in _refusal("DATABASE_URL", "postgresql://ana:hunter2@[::1/crm")
    assert "hunter2" not in _refusal("FIELDBEAT_SECRET_KEY", "hunter2")


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load({"DATABASE_URL": "sqlite:///x", "FIELDBEAT_PORT": "eighty", "FIELDBEAT_DEMO": "maybe"})
    assert [sentence.split()[0].split("=")[0] for sentence in caught.value.sentences] == [
        "DATABASE_URL",
        "FIELDBEAT_PORT",
        "FIELDBEAT_DEMO",
    ]


def test_production_needs_a_secret_of_its_own() -> None:
    assert "production needs one" in _refusal("FIELDBEAT_ENV", "production")
    assert load(
        {"FIELDBEAT_ENV": "production", "FIELDBEAT_SECRET_KEY": "a secret of thirty-two characters!"}
    ).production


def test_production_has_no_people_whose_password_everybody_knows_unless_it_is_asked_for() -> None:
    production = {"FIELDBEAT_ENV": "production", "FIELDBEAT_SECRET_KEY": "a secret of thirty-two characters!"}
    assert not load(production).demo
    assert load({**production, "FIELDBEAT_DEMO": "1"}).demo


def test_production_is_never_emptied_for_the_demo() -> None:
    production = {"FIELDBEAT_ENV": "production", "FIELDBEAT_SECRET_KEY": "a secret of thirty-two characters!"}
    with pytest.raises(CannotStart, match="production"):
        refuse_production(load(production))
    refuse_production(load({}))


def test_the_page_of_settings_says_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered(), "run: python -m backend.config.settings_page"


def test_a_database_is_asked_not_to_compile_plans_and_keeps_what_its_address_says() -> None:
    setting = database_setting("postgresql://fieldbeat@db.example/field?options=-c%20work_mem%3D64MB&sslmode=require")
    assert setting["OPTIONS"]["options"].startswith("-c work_mem=64MB ")
    assert "-c jit=off" in setting["OPTIONS"]["options"]
    assert (setting["HOST"], setting["NAME"], setting["OPTIONS"]["sslmode"]) == ("db.example", "field", "require")
