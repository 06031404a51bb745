"""What a production configuration lacks is named, with what to do about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.checks import CheckMessage, run_checks

from merchant_portal.accounts.models import Account
from qrcodes.models import QRCode

ROOT = Path(__file__).resolve().parents[2]


def _named(*, databases: list[str] | None = None) -> dict[str, CheckMessage]:
    found = run_checks(include_deployment_checks=True, databases=databases)
    return {str(message.id): message for message in found if str(message.id).startswith("portal")}


@pytest.fixture
def in_production(settings: LazySettings) -> LazySettings:
    """Settings as a production host would have them."""
    settings.PUBLIC_URL = "https://portal.example"
    settings.ALLOWED_HOSTS = ["portal.example"]
    settings.SECRETS_MADE_HERE = []
    settings.REDIS_URL = "redis://127.0.0.1/0"
    return settings


def test_http_and_this_machine_are_named(in_production: LazySettings) -> None:
    in_production.PUBLIC_URL = "http://127.0.0.1:8000"
    in_production.ALLOWED_HOSTS = ["127.0.0.1"]
    assert {"portal.W001", "portal.W002"} <= set(_named())
    in_production.PUBLIC_URL = "https://portal.example"
    assert not {"portal.W001", "portal.W002"} & set(_named())


@pytest.mark.parametrize("hosts", [["*"], ["other.example"]])
def test_hosts_too_wide_or_without_our_own_are_named(
    in_production: LazySettings, hosts: list[str]
) -> None:
    assert "portal.W003" not in _named()
    in_production.ALLOWED_HOSTS = hosts
    assert "portal.W003" in _named()


def test_a_secret_made_beside_the_data_is_named(in_production: LazySettings) -> None:
    assert "portal.W004" not in _named()
    in_production.SECRETS_MADE_HERE = ["MASTER_KEY"]
    assert "MASTER_KEY_FILE" in str(_named()["portal.W004"].hint)


def test_files_as_broker_are_a_remark_only(in_production: LazySettings) -> None:
    in_production.REDIS_URL = ""
    assert not _named()["portal.I006"].is_serious()


@pytest.mark.django_db
def test_no_account_is_named(in_production: LazySettings) -> None:
    assert "portal.W012" in _named(databases=["default"])


def test_what_is_stored_is_asked_about_only_with_a_database(in_production: LazySettings) -> None:
    assert "portal.W012" not in _named()


def test_an_account_at_the_simulator_is_named_in_production(
    in_production: LazySettings, account: Account
) -> None:
    assert _named(databases=["default"])["portal.W013"].obj == account


def test_codes_that_post_elsewhere_are_named(in_production: LazySettings, code: QRCode) -> None:
    assert "portal.W014" not in _named(databases=["default"])
    in_production.PUBLIC_URL = "https://moved.example"
    assert "portal.W014" in _named(databases=["default"])


def test_a_first_look_says_each_lack_by_its_number(tmp_path: Path) -> None:
    plain = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=plain,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    for number in ("W001", "W002", "W004", "I005", "I006"):
        assert f"(portal.{number})" in told.stderr
