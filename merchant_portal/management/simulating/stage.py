"""Two shops, the small Alipay and one clock for all of them, in one process."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from merchant_portal import intake
from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose, Region, SignType
from merchant_portal.audit import COMMAND_LINE, Actor
from merchant_portal.celery import app
from merchant_portal.models import User
from merchant_portal.simulator import clockwork, contracts, notices, terms
from merchant_portal.simulator.outbox import MerchantAnswer
from merchant_portal.simulator.records import Notice
from merchant_portal.simulator.server import Simulator
from payments.services import Post
from qrcodes import services as codes
from qrcodes.models import Counter, Membership, Merchant, QRCode, Store

FEE_RATE = "0.006"
_MD5_KEY = "simulated0month0only0simulated00"
#: The doors by which the clock comes, as the schedule names them.
_OFTEN = (
    "merchant_portal.tasks.verify_quarantine",
    "merchant_portal.tasks.apply_waiting_notifications",
    "payments.tasks.poll_due_payments",
    "payments.tasks.run_due_lookups",
    "payments.tasks.submit_due_cancels",
    "refunds.tasks.submit_due_refunds",
    "refunds.tasks.poll_due_refunds",
)
_FILES = (
    "reconciliation.tasks.import_due_statements",
    "reconciliation.tasks.expect_statements",
    "reconciliation.tasks.reconcile_due_days",
)

Act = Callable[[], object]


@dataclass
class Diary:
    """What is going to happen, earliest first; on one instant in the order it was noted."""

    _entries: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def put(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._entries, (at, next(self._numbers), act))

    def take_until(self, end: datetime) -> Iterator[tuple[datetime, Act]]:
        """Everything before an instant, also what is noted meanwhile."""
        while self._entries and self._entries[0][0] < end:
            at, _number, act = heapq.heappop(self._entries)
            yield at, act


@dataclass(frozen=True, slots=True)
class Shop:
    """One account with its counters' codes."""

    account: Account
    codes: tuple[QRCode, ...]
    wallets: tuple[str, ...]

    @property
    def partner_id(self) -> str:
        return self.account.partner_id


@dataclass
class Stage:
    """Everybody who takes part, at one instant."""

    alipay: Simulator
    now: datetime
    shops: list[Shop] = field(default_factory=list)
    diary: Diary = field(default_factory=Diary)

    def __post_init__(self) -> None:
        app.loader.import_default_modules()
        self.manager = _person(Role.MANAGER)
        self.finance = _person(Role.FINANCE)

    def time(self) -> datetime:
        """What ``clock.now()`` answers."""
        return self.now

    def live_until(self, end: datetime) -> None:
        """Let everything happen that stands in the diary, and the clock come in between."""
        for at, act in self.diary.take_until(end):
            self.move_to(at)
            act()

    def move_to(self, instant: datetime) -> None:
        """Both clocks, and what time alone brings about on either side."""
        self.now = instant
        clockwork.move_to(self.alipay.books, instant)
        self._settle()

    def wait(self) -> None:
        """Nobody does anything; the clocks have moved on."""

    def _settle(self) -> None:
        """Carry what Alipay has to tell, and do what is due here."""
        self._carry()
        _come_by(_OFTEN)
        self._carry()

    def look_after_files(self) -> None:
        """What the clock does about files and days, as often as there is something to do."""
        _come_by(_FILES)

    def _carry(self) -> None:
        """Each due notice through the portal's own intake, and its answer back."""
        outbox = self.alipay.outbox
        for notice in outbox.due():
            for _copy in range(notice.copies):
                outbox.record_answer(notice.notice_id or 0, _taken_in(notice))

    # ---- Setting up ---------------------------------------------------------------------------

    def open_shops(self, folder: Path) -> None:
        """A global shop and one in Hong Kong, each with two stores."""
        for region, partner_id, currencies, wallets in _SHOPS:
            account = self._account(region, partner_id, folder)
            merchant = Merchant.objects.create(
                secondary_merchant_id=f"HARBOUR_{region.value.upper()}",
                name="Harbour Noodle Bar",
                mcc="5812",
            )
            made = (
                self._code(merchant, account, currency, number)
                for number, currency in enumerate(currencies, start=1)
            )
            self.shops.append(Shop(account, tuple(made), wallets))

    def _account(self, region: Region, partner_id: str, folder: Path) -> Account:
        books = self.alipay.books
        fields = {
            "partner_id": partner_id,
            "region": region.value,
            "sign_types": ["MD5"],
            "md5_key": _MD5_KEY,
        }
        books.save(contracts.partner_from(fields, None))
        wishes = {
            "fee_rate": FEE_RATE,
            "files_folder": str(folder / partner_id),
            # In Hong Kong two equal refunds of the portal differ by their second alone.
            "portal_refund_ids": "payment" if region == Region.HK else "own",
        }
        books.save(terms.terms_from(wishes, terms.terms_of(books, partner_id)))
        account = accounts.save_account(
            partner_id=partner_id,
            region=region,
            actor=COMMAND_LINE,
            terms={
                "name": region.label,
                "sign_type": SignType.MD5,
                "gateway_url": f"{self.alipay.url}/gateway.do",
                "settlement_currency": _SETTLED_IN[region],
                "approval_limit_minor": 60_00,
                "fee_rate": FEE_RATE,
                "statement_folder": str(folder / partner_id),
            },
        )
        accounts.add_key(
            account,
            purpose=KeyPurpose.SHARED,
            algorithm=SignType.MD5,
            text=_MD5_KEY,
            actor=COMMAND_LINE,
        )
        return account

    def _code(self, merchant: Merchant, account: Account, currency: str, number: int) -> QRCode:
        store = Store.objects.create(
            merchant=merchant,
            code=f"STORE{number}",
            name=f"Harbour Noodle Bar {number}",
            country="HK" if account.is_hk else "US",
            address="1 Example Pier",
            pricing_currency=currency,
            time_zone="Asia/Hong_Kong" if account.is_hk else "America/New_York",
        )
        counter = Counter.objects.create(store=store, code="C1", name="Counter 1")
        enrolment = codes.enrol_counter(counter, account=account, actor=COMMAND_LINE)
        return codes.send_code(codes.make_code(enrolment, actor=COMMAND_LINE))


_SHOPS = (
    (Region.GLOBAL, "2088000000000016", ("USD", "USD"), ("ALIPAYCN",)),
    (Region.HK, "2088000000000024", ("HKD", "HKD"), ("ALIPAYHK", "ALIPAYCN")),
)
_SETTLED_IN = {Region.GLOBAL: "USD", Region.HK: "HKD"}


def _come_by(doors: tuple[str, ...]) -> None:
    """What a worker does at each tick, here and now."""
    for door in doors:
        app.tasks[door]()


def _person(role: Role) -> Actor:
    user = User.objects.create(username=role.value)
    Membership.objects.create(user=user, role=role)
    return Actor.person(user)


def _taken_in(notice: Notice) -> MerchantAnswer:
    key = urlsplit(notice.url).path.rstrip("/").rsplit("/", 1)[-1]
    post = Post(notice.prepared_body.encode("ascii"), notices.content_type(notice))
    is_kept = intake.receive(key, post)
    return MerchantAnswer(200, "success" if is_kept else "fail")
