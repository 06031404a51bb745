"""An account whose files the samples are, and a disk of its own for their bytes."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from django.conf import LazySettings

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.verifying import find_breaches
from tests.reconciliation import files


@pytest.fixture(autouse=True)
def var(settings: LazySettings, tmp_path: Path) -> Path:
    """Where bytes are kept."""
    settings.STATEMENTS_DIR = tmp_path / "statements"
    return tmp_path / "statements"


@pytest.fixture
def shop(db: None) -> Account:
    """The global account of the made samples."""
    return files.account()


@pytest.fixture
def hk_shop(db: None) -> Account:
    return files.account(partner_id=files.HK_PARTNER, region="hk")


@pytest.fixture
def nothing_breaks(db: None) -> Iterator[None]:
    """What is always true is true when the test ends."""
    yield
    assert find_breaches() == []


@pytest.fixture
def midday() -> Iterator[None]:
    """Noon here and at Alipay: within minutes of midnight what is missing rightly waits."""
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=clock.GMT8), tick=True):
        yield
