"""Programs with keys, as the API sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from merchant_portal.access import Role
from qrcodes import services
from qrcodes.models import Merchant, Store
from tests.factories import ACTOR, PIN, other_store

JSON = "application/json"
#: What a person who signed in sends along where money goes back.
CONFIRMED = {"confirmation": PIN}


@dataclass(frozen=True)
class Program:
    """Speaks to the API with a key; without one, as nobody."""

    client: Client
    key: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Api-Key {self.key}"} if self.key else {}

    def get(self, path: str, **query: object) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, *, headers: dict[str, str] | None = None, **body: object) -> Any:
        """``headers`` join the key's own."""
        all_headers = self.headers | (headers or {})
        return self.client.post(f"/api/v1/{path}", body, content_type=JSON, headers=all_headers)

    def patch(self, path: str, **body: object) -> Any:
        return self.client.patch(f"/api/v1/{path}", body, content_type=JSON, headers=self.headers)

    def put(self, path: str, **body: object) -> Any:
        return self.client.put(f"/api/v1/{path}", body, content_type=JSON, headers=self.headers)

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api/v1/{path}", headers=self.headers)


MakeProgram = Callable[..., Program]


@pytest.fixture
def program(db: None, client: Client) -> MakeProgram:
    """A program with a key of a role at a place."""

    def make(
        role: Role, *, merchant: Merchant | None = None, store: Store | None = None
    ) -> Program:
        issued = services.issue_api_key(
            name=f"{role} program", role=role, merchant=merchant, store=store, actor=ACTOR
        )
        return Program(client, issued.text)

    return make


@pytest.fixture
def everywhere(program: MakeProgram) -> Program:
    return program(Role.ADMINISTRATOR)


@pytest.fixture
def at_store(program: MakeProgram, store: Store) -> Program:
    """A manager's program at the store."""
    return program(Role.MANAGER, store=store)


@pytest.fixture
def stranger(program: MakeProgram) -> Program:
    """A manager's program at another merchant's store."""
    return program(Role.MANAGER, store=other_store())


@pytest.fixture
def nobody(db: None, client: Client) -> Program:
    return Program(client)
