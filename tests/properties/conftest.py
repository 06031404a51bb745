"""What the property tests share."""

from collections.abc import Iterator

import pytest

from merchant_portal.celery import app as celery


@pytest.fixture
def clock_doors_open() -> Iterator[None]:
    """Tasks that hand on to tasks run them at once."""
    celery.conf.update(task_always_eager=True, task_eager_propagates=True)
    yield
    celery.conf.update(task_always_eager=False, task_eager_propagates=False)
