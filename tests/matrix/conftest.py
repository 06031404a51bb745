"""The world is built once and undone after each request; no test has a transaction of its own."""

import pytest


@pytest.fixture
def _django_db_helper() -> None:
    """In the place of pytest-django's, which closes the connection after each test, and with it
    the transaction that holds the world."""
