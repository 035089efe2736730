"""Settings: everything that is missing or malformed is named at once, and no secret is shown."""

import pytest

from backend.errors import SettingsIncomplete
from backend.settings import Settings
from tests.conftest import ENVIRON


def test_everything_missing_is_named_at_once():
    with pytest.raises(SettingsIncomplete) as told:
        Settings.from_environ({})
    for name in ENVIRON:
        if name != "TRACKING_URL":
            assert name in str(told.value)


def test_malformed_settings_are_named_with_what_they_should_be():
    broken = {**ENVIRON, "PUBLIC_URL": "readback.example", "TOKEN_ENCRYPTION_KEYS": "short", "PORT": "eighty"}
    with pytest.raises(SettingsIncomplete) as told:
        Settings.from_environ(broken)
    assert all(name in str(told.value) for name in ("PUBLIC_URL", "TOKEN_ENCRYPTION_KEYS", "PORT"))
    assert "short" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_URL", "https://[readback"),
        ("TRACKING_URL", "https://go.example:port"),
        ("LINK_KEYS", ","),
        ("TOKEN_ENCRYPTION_KEYS", " , "),
        ("PORT", "٨٠"),
        ("WEB_CONCURRENCY", "²"),
        ("LOG_LEVEL", "chatty"),
        ("DATABASE_URL", "readback.db"),
    ],
)
def test_a_setting_that_no_process_could_run_with_is_named_and_not_tried(name, value):
    with pytest.raises(SettingsIncomplete, match=name):
        Settings.from_environ({**ENVIRON, name: value})


def test_what_is_not_said_follows_from_the_public_address():
    environ = {name: value for name, value in ENVIRON.items() if name != "TRACKING_URL"}
    settings = Settings.from_environ(environ)
    assert settings.tracking_url == "https://readback.example"
    assert settings.google.push_audience == "https://readback.example/push/gmail"
    assert settings.google.gmail_url == "https://gmail.googleapis.com"


def test_no_secret_shows_in_the_settings_own_words():
    told = repr(Settings.from_environ({**ENVIRON, "DATABASE_URL": "postgresql://u:p4ssw0rd@h/d"}))
    for name in ("SECRET_KEY", "LINK_KEYS", "TOKEN_ENCRYPTION_KEYS", "GOOGLE_CLIENT_SECRET"):
        assert ENVIRON[name] not in told
    assert "p4ssw0rd" not in told
