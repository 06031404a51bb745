"""People, a shop, and a small Alipay that every test may speak to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.test import Client
from django.utils import translation

from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, Integration
from merchant_portal.audit import Actor
from merchant_portal.celery import app as celery
from merchant_portal.models import User
from merchant_portal.simulator.server import Simulator
from qrcodes import services as codes
from qrcodes.models import Counter, Enrolment, QRCode, Registration, Store
from tests import factories
from tests.alipay_side import AlipaySide

ACTOR = Actor("a test")

# Messages are hints: in tests they go nowhere, and the clock's doors are called by name.
celery.conf.broker_url = "memory://"
# A password that takes a second to try is right for thieves, not for three thousand tests.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A language that a page was shown in does not stay for the next test."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One small Alipay for the whole run; `alipay` empties it before each test."""
    database: Path = tmp_path_factory.mktemp("simulator") / "books.sqlite3"
    with Simulator(database, port=0, automatic_delivery=False) as running:
        yield running


@pytest.fixture
def alipay(simulator: Simulator) -> Iterator[AlipaySide]:
    """Alipay's side: its gateway address, switches, phone and books, spoken to over HTTP."""
    with httpx.Client(base_url=simulator.url, timeout=10, trust_env=False) as http:
        side = AlipaySide(http=http, url=simulator.url)
        side.reset()
        yield side


@pytest.fixture
def account(db: None, alipay: AlipaySide) -> Account:
    """A global account with an MD5 key that Alipay knows too."""
    return factories.account(alipay)


@pytest.fixture
def hk_account(db: None, alipay: AlipaySide) -> Account:
    return factories.account(alipay, region="hk")


@pytest.fixture
def store(db: None) -> Store:
    return factories.store()


@pytest.fixture
def counter(store: Store) -> Counter:
    return factories.counter(store)


@pytest.fixture
def code(counter: Counter, account: Account) -> QRCode:
    """An active code of the counter, made at the simulator."""
    enrolment = codes.enrol_counter(counter, account=account, actor=ACTOR)
    return codes.send_code(codes.make_code(enrolment, actor=ACTOR))


@pytest.fixture
def acquired(account: Account, store: Store) -> Enrolment:
    """A counter under an acquirer's account, ready to be registered at Alipay."""
    acquirer = accounts.save_account(
        partner_id=account.partner_id,
        region="global",
        actor=ACTOR,
        terms={"integration": Integration.ACQUIRER},
    )
    store.address = "3 Pier Street, New York"
    store.save()
    factories.registrant(store.merchant)
    return codes.enrol_counter(factories.counter(store), account=acquirer, actor=ACTOR)


@pytest.fixture
def in_review(acquired: Enrolment) -> Registration:
    """A store that Alipay has taken for review."""
    return codes.send_registration(codes.register_enrolment(acquired, actor=ACTOR))


@pytest.fixture
def approved(in_review: Registration, alipay: AlipaySide) -> Registration:
    """A store that Alipay has approved."""
    alipay.decide_review(in_review.enrolment.alipay_store_id, "SUCCESS")
    return codes.send_registration(in_review)


@pytest.fixture
def carry(client: Client, alipay: AlipaySide) -> Callable[[], list[str]]:
    """Carry every due notification to the portal; answers what the portal said to each."""
    return lambda: alipay.carry_due(client)


def _person(role: Role, store: Store | None = None) -> User:
    return factories.person(role, store=store)


@pytest.fixture
def cashier(store: Store) -> User:
    return _person(Role.CASHIER, store)


@pytest.fixture
def manager(store: Store) -> User:
    return _person(Role.MANAGER, store)


@pytest.fixture
def finance(db: None) -> User:
    return _person(Role.FINANCE)


@pytest.fixture
def administrator(db: None) -> User:
    return _person(Role.ADMINISTRATOR)


@pytest.fixture
def outsider(db: None) -> User:
    """A manager of another merchant's store."""
    return factories.person(Role.MANAGER, name="outsider", store=factories.other_store())


@pytest.fixture
def signed_in(client: Client) -> Callable[[User], Client]:
    """A client that is signed in as somebody."""

    def sign_in(user: User) -> Client:
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def unconstrained(db: None) -> Iterator[None]:
    """The database without its constraints, until the test is rolled back."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for constraint in _removable():
            cursor.execute(constraint)
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def _removable() -> Iterator[str]:
    """What takes constraints away; SQLite can only drop unique indexes that have a condition."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            conditional = getattr(constraint, "condition", None) is not None
            unique = isinstance(constraint, models.UniqueConstraint)
            if unique and conditional:
                yield f"DROP INDEX {constraint.name}"
            elif connection.vendor == "postgresql":
                yield f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {constraint.name}"
