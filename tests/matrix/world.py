"""Two shops of two merchants with one of everything each, and everybody who may try a door."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client

from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, Integration, KeyPurpose, SignType
from merchant_portal.models import User
from merchant_portal.vault import open_vault
from payments import services as payment_services
from payments.models import Notification, Payment, Quarantined
from qrcodes import services as codes
from qrcodes.models import (
    Counter,
    Device,
    Enrolment,
    MerchantLogo,
    Pairing,
    Print,
    PrintRun,
    QRCode,
    Store,
)
from reconciliation.models import Discrepancy, StatementFile
from reconciliation.states import DiscrepancyState, VerdictWord
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR, TEST_MD5_KEY
from tests.matrix.table import Cell
from tests.reconciliation import files
from tests.refunds.giving import ask_for, ask_for_cancel
from tests.reports.rows import made_workbook

#: What stands between an address's slashes, by the name of the thing: `own` and `foreign`.
Things = dict[str, list[object]]
_DAY = "2026-03-18"
#: Addresses that look at nothing before an account is named.
_ASK_FOR_ACCOUNT = frozenset({"enrolment_new", "store_enrol"})
#: What is the same for every shop.
OF_NO_SHOP: Things = {
    "-": [],
    "report": ["transactions"],
    "report_file": ["transactions", "csv"],
    "report_file:POST": ["transactions", "xlsx"],
    "word": ["x"],
    "two_words": ["1", "x-y"],
}


@dataclass(frozen=True)
class Caller:
    """Somebody at a door: a person with a browser, or a program with a key."""

    name: str
    role: Role | None
    is_everywhere: bool = False
    is_program: bool = False
    is_outsider: bool = False
    is_device: bool = False
    #: The cookies of a browser, or the key of a program.
    cookies: dict[str, str] = field(default_factory=dict, compare=False)
    headers: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def is_signed_in(self) -> bool:
        return bool(self.cookies or self.headers) and not self.is_device


@dataclass(frozen=True)
class World:
    """Both shops and all callers."""

    own: Things
    foreign: Things
    people: list[Caller]
    programs: list[Caller]

    def who_tries(self, cell: Cell, place: str, *, is_api: bool) -> Iterator[Caller]:
        """Everybody who could get another answer than the others."""
        if cell.is_as_one:
            everybody = [*self.people[-2:], *self._almighty()]
        elif is_api:
            everybody = [*self.programs, *_few(self.people)]
        else:
            everybody = [*self.people, *self._almighty()]
        for caller in everybody:
            # Where the right at one shop suffices, those that hold everywhere are as one.
            is_one_of_many = caller.is_everywhere and caller.role != Role.ADMINISTRATOR
            if not (is_one_of_many and (place == "foreign" or cell.reach in {"any", "shop"})):
                yield caller

    def _almighty(self) -> list[Caller]:
        return [
            caller
            for caller in (*self.people, *self.programs)
            if caller.is_everywhere and caller.role == Role.ADMINISTRATOR
        ]


def _few(people: list[Caller]) -> list[Caller]:
    """One of each kind of person, where programs are tried in every role."""
    return [person for person in people if person.role in {None, Role.MANAGER, Role.ADMINISTRATOR}]


def build(alipay: AlipaySide) -> World:
    """Two shops that trade under accounts of their own; nobody's roles reach both but those that
    hold everywhere."""
    store, other = factories.store(), factories.other_store()
    for each in (store, other):
        each.refresh_from_db()  # times of day that were written as texts
    own = _things(alipay, store, "2088000000000101")
    foreign = _things(alipay, other, "2088000000000127")
    people = [_paired_device(store), *_people(store, other)]
    return World(own, foreign, people, [*_programs(store, other)])


# ---- What there is ------------------------------------------------------------------------------


def _things(alipay: AlipaySide, store: Store, partner: str) -> Things:
    account = _account(alipay, partner)
    counter = factories.counter(store)
    enrolment = codes.enrol_counter(counter, account=account, actor=ACTOR)
    code = codes.send_code(codes.make_code(enrolment, actor=ACTOR))
    payment, undone = _paid(alipay, code)
    codes.enrol_store(store, account=account, actor=ACTOR)
    sale = factories.sale(counter, account=account)
    asker = factories.Actor("whoever asked")
    key = account.keys.get()
    maker = factories.person(Role.FINANCE, name=f"maker at {store.code}")
    paired, pairing = _device(counter, maker)
    return {
        "merchant": [store.merchant_id],
        "store": [store.pk],
        "counter": [counter.pk],
        "enrolment": [enrolment.pk],
        "code": [code.pk],
        "notice_key": [code.key],
        "payment": [payment.pk],
        "sale": [sale.payment_id],
        "receipt": [sale.receipt_key],
        "notification": [Notification.objects.filter(payment=payment).get().pk],
        "refund": [ask_for(payment, "8.00", asker).pk],
        "cancel": [ask_for_cancel(undone, asker).pk],
        "lookup": [_lookup(account, counter, partner)],
        "reviewed": [_reviewed(alipay, store, partner).pk],
        "account": [account.pk],
        "account_key": [account.pk, key.pk],
        "agent_token": [account.pk, store.merchant_id],
        "quarantined": [_quarantined(account).pk],
        "statement": [_statement(account).pk],
        "discrepancy": [_discrepancy(account, payment).pk],
        "day": [account.pk, _DAY],
        "job": [made_workbook("transactions", maker).pk],
        **_printed(code),
        **_shifts(counter),
        "device": [paired.pk],
        "pairing": [pairing.pk],
        **OF_NO_SHOP,
    }


def _account(
    alipay: AlipaySide, partner: str, *, integration: Integration = Integration.DIRECT
) -> Account:
    alipay.add_partner(
        partner_id=partner, region="global", sign_types=["MD5"], md5_key=TEST_MD5_KEY
    )
    account = accounts.save_account(
        partner_id=partner,
        region="global",
        actor=ACTOR,
        terms={
            "name": f"Account {partner[-3:]}",
            "sign_type": SignType.MD5,
            "gateway_url": alipay.gateway_url,
            "settlement_currency": "USD",
            "approval_limit_minor": 100,
            "integration": integration,
        },
    )
    accounts.add_key(
        account, purpose=KeyPurpose.SHARED, algorithm=SignType.MD5, text=TEST_MD5_KEY, actor=ACTOR
    )
    return account


def _paid(alipay: AlipaySide, code: QRCode) -> list[Payment]:
    """Two payments at a code, of which the portal has heard."""
    alipay.pay(code.value, "12.50")
    alipay.pay(code.value, "20.00")
    assert set(alipay.carry_due(Client())) == {"success"}
    return list(Payment.objects.filter(counter=code.enrolment.counter).order_by("amount_minor"))


def _lookup(account: Account, counter: Counter, partner: str) -> int:
    number = f"20260318220011110000{partner[-8:]}"
    return payment_services.find_payment(
        account, actor=ACTOR, alipay_trans_id=number, partner_trans_id=partner, counter=counter
    ).pk


def _reviewed(alipay: AlipaySide, store: Store, partner: str) -> Enrolment:
    """A counter under an acquirer's account, which Alipay must review."""
    acquirer = _account(alipay, f"{partner[:-1]}9", integration=Integration.ACQUIRER)
    store.address = "3 Pier Street, New York"
    store.save()
    factories.registrant(store.merchant)
    return codes.enrol_counter(factories.counter(store, number=2), account=acquirer, actor=ACTOR)


def _quarantined(account: Account) -> Quarantined:
    return Quarantined.objects.create(
        account=account,
        sealed_body=open_vault(settings.MASTER_KEY).seal(b"a=1"),
        body_digest="0" * 64,
        body_bytes=3,
        content_type="application/x-www-form-urlencoded",
        why="wrong signature",
        received_at=clock.now(),
        checked_at=clock.now(),
    )


def _statement(account: Account) -> StatementFile:
    body = files.day_file(partner=account.partner_id)
    return files.take(body, name=f"{account.partner_id}_transaction_20240315.txt", account=account)


def _discrepancy(account: Account, payment: Payment) -> Discrepancy:
    return Discrepancy.objects.create(
        account=account,
        key=f"matrix:{account.pk}",
        day=_DAY,
        word=VerdictWord.MISSING_OURS,
        kind="REFUND",
        state=DiscrepancyState.OPEN,
        payment=payment,
        theirs={
            "reference": "alipay:1",
            "amount": "USD 1.00",
            "time": "2026-03-18T12:00:00+08:00",
        },
        found_at=clock.now(),
        last_found_at=clock.now(),
    )


def _printed(code: QRCode) -> Things:
    """A poster that hangs, and the logo that stands on it."""
    MerchantLogo.objects.create(
        merchant=code.enrolment.store.merchant,
        png=b"a picture",
        width=8,
        height=8,
        uploaded_at=clock.now(),
    )
    run = PrintRun.objects.create(
        size="a5", language="en", printed_at=clock.now(), pages=1, pdf=b"%PDF-1.4", digest="0" * 64
    )
    hung = Print.objects.create(run=run, code=code, number=1, check_code=f"PRINT-{code.pk}")
    return {"print_run": [run.pk], "print": [hung.pk]}


def _shifts(counter: Counter) -> Things:
    """A shift that has ended with its report, and one that runs."""
    report = payment_services.close_shift(
        payment_services.open_shift(counter, actor=ACTOR), actor=ACTOR
    )
    return {
        "shift": [payment_services.open_shift(counter, actor=ACTOR).pk],
        "z_report": [report.pk],
    }


def _device(counter: Counter, maker: User) -> tuple[Device, Pairing]:
    """A screen that is paired, and the code it was paired with."""
    offered = _offered(counter, maker)
    paired = codes.pair_device(offered.code, address="127.0.0.1")
    return paired.device, offered.pairing


def _offered(counter: Counter, maker: User) -> codes.NewPairing:
    return codes.offer_pairing(counter, name="Tablet", shows_takings=True, by=maker, actor=ACTOR)


# ---- Who tries ----------------------------------------------------------------------------------


def _people(store: Store, other: Store) -> Iterator[Caller]:
    for role in Role:
        yield _person(f"{role.value} at the store", role, store)
    for role in Role:
        yield _person(f"{role.value} everywhere", role, None)
    yield _person("outsider", Role.MANAGER, other, is_outsider=True)
    nobody = User.objects.create(username="no-role")
    yield _signed_in(Caller("somebody without a role", None), nobody)
    yield Caller("signed out", None)


def _paired_device(store: Store) -> Caller:
    """The tablet of a counter: it has its cookie, and nobody is signed in."""
    offered = _offered(store.counters.earliest("pk"), factories.person(Role.MANAGER, name="pairs"))
    tablet = Client()
    tablet.post("/pair/", {"code": offered.code})
    caller = Caller("a paired device", None, is_device=True)
    caller.cookies.update({name: cookie.value for name, cookie in tablet.cookies.items()})
    return caller


def _person(name: str, role: Role, store: Store | None, **more: bool) -> Caller:
    user = User.objects.create(username=name.replace(" ", "-"))
    codes.add_membership(
        user,
        role=role,
        merchant=store.merchant if store else None,
        stores=[store] if store else [],
        actor=ACTOR,
    )
    return _signed_in(Caller(name, role, is_everywhere=store is None, **more), user)


def _signed_in(caller: Caller, user: User) -> Caller:
    browser = Client()
    browser.force_login(user)
    caller.cookies[settings.SESSION_COOKIE_NAME] = browser.cookies[
        settings.SESSION_COOKIE_NAME
    ].value
    return caller


def _programs(store: Store, other: Store) -> Iterator[Caller]:
    for role in Role:
        yield _program(f"key of a {role.value} at the store", role, store)
    for role in Role:
        yield _program(f"key of a {role.value} everywhere", role, None)
    yield _program("outsider's key", Role.MANAGER, other, is_outsider=True)


def _program(name: str, role: Role, store: Store | None, **more: bool) -> Caller:
    issued = codes.issue_api_key(name=name, role=role, store=store, actor=ACTOR)
    caller = Caller(name, role, is_everywhere=store is None, is_program=True, **more)
    caller.headers["Authorization"] = f"Api-Key {issued.text}"
    return caller


def ask(caller: Caller, method: str, url: str, sent: str = "") -> Any:
    """What is answered to somebody who comes with hardly more than an address."""
    browser = _browser()
    browser.cookies.clear()
    browser.cookies.load(caller.cookies)
    content_type = "application/x-www-form-urlencoded" if sent else "application/octet-stream"
    return browser.generic(method, url, sent, content_type=content_type, headers=caller.headers)


def sent_to(name: str, things: Things) -> str:
    """What an address must be sent before it looks at anything else; mostly nothing."""
    return f"account={things['account'][0]}" if name in _ASK_FOR_ACCOUNT else ""


@cache
def _browser() -> Client:
    """One for everybody: building the way through the middleware costs more than a request."""
    return Client()


@contextmanager
def undone() -> Iterator[None]:
    """What happens within has not happened afterwards."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as Django's own tests nest
    with block:
        yield
        transaction.set_rollback(True)
