"""What the property tests share."""

from collections.abc import Iterator

import pytest
import time_machine

from merchant_portal.celery import app as celery
from tests.properties.world import BEGINNING


@pytest.fixture
def clock_doors_open() -> Iterator[None]:
    """Tasks that hand on to tasks run them at once."""
    celery.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    celery.conf.update(task_always_eager=False, task_eager_propagates=False)


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    """Time runs on by itself, and can be moved."""
    with time_machine.travel(BEGINNING, tick=True) as travelling:
        yield travelling
