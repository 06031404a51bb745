"""Fill a demo shop whose Alipay is the simulator; running it again changes nothing.

Its global account sells at the counter through the JSON API, the one of Hong Kong through the
gateway.
"""

from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from merchant_portal import clock, step_up
from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose, Region, SignType
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.models import StepUp, User
from merchant_portal.simulator.books import OtherVersion
from merchant_portal.simulator.server import Simulator
from qrcodes import services as codes
from qrcodes.models import Counter, Enrolment, Membership, Merchant, Store
from qrcodes.states import CodeState

DEMO_PASSWORD = "demo-counter-3"  # noqa: S105  printed for everybody who tries the demo
DEMO_PIN = "3925"
_PEOPLE = {
    "cashier": Role.CASHIER,
    "manager": Role.MANAGER,
    "finance": Role.FINANCE,
    "administrator": Role.ADMINISTRATOR,
    "auditor": Role.AUDITOR,
}
_TEST_MD5_KEY = "demo0key0for0the0simulator0only0"
_DEMO_CLIENT_ID = "211000000000000000016"
_FEE_RATE = "0.006"
#: Limits low enough that a trainee meets the second person.
_FIRST_TERMS: dict[Region, dict[str, object]] = {
    Region.GLOBAL: {
        "name": "Demo, global",
        "sign_type": SignType.MD5,
        "settlement_currency": "USD",
        "approval_limit_minor": 50_00,
        "fee_rate": _FEE_RATE,
    },
    Region.HK: {
        "name": "Demo, Hong Kong",
        "sign_type": SignType.MD5,
        "settlement_currency": "HKD",
        "approval_limit_minor": 400_00,
        "fee_rate": _FEE_RATE,
    },
}


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--simulator-url", default="http://127.0.0.1:8001")

    def handle(self, *args: Any, **options: Any) -> None:
        url: str = options["simulator_url"].rstrip("/")
        if _answers(url):
            self._seed(url)
            return
        port = urlsplit(url).port or 80
        try:
            simulator = Simulator(settings.VAR_DIR / "simulator.sqlite3", port=port)
        except OtherVersion as refused:
            raise CommandError(str(refused)) from refused
        with simulator:
            self._seed(url)

    def _seed(self, url: str) -> None:
        global_account = _account(url, partner_id="2088000000000016", region=Region.GLOBAL)
        _connect_json(url, global_account)
        hk_account = _account(url, partner_id="2088000000000024", region=Region.HK)
        store, counters = _shop()
        for name, role in _PEOPLE.items():
            _person(name, role, store)
        hk_store, hk_counters = _hk_shop()
        shops = ((global_account, store, counters), (hk_account, hk_store, hk_counters))
        for account, shop, made in shops:
            codes.enrol_store(shop, account=account, actor=COMMAND_LINE)
            for counter in made:
                enrolment = codes.enrol_counter(counter, account=account, actor=COMMAND_LINE)
                _make_code(enrolment)
        self.stdout.write(f"Demo shop ready: {store} and {hk_store}.")
        self.stdout.write(f"Sign-ins: {', '.join(_PEOPLE)}; password for all: {DEMO_PASSWORD}")
        self.stdout.write(f"PIN of all, where money goes back: {DEMO_PIN}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/books/partners.json", timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _account(url: str, *, partner_id: str, region: Region) -> Account:
    partner = {
        "partner_id": partner_id,
        "region": region.value,
        "sign_types": ["MD5"],
        "md5_key": _TEST_MD5_KEY,
    }
    _ask_simulator(f"{url}/control/partners", partner)
    folder_path = settings.VAR_DIR / "simulator-files" / partner_id
    folder_path.mkdir(parents=True, exist_ok=True)
    folder = str(folder_path)
    terms = {"partner_id": partner_id, "fee_rate": _FEE_RATE, "files_folder": folder}
    _ask_simulator(f"{url}/control/terms", terms)
    is_new = not Account.objects.filter(partner_id=partner_id, region=region).exists()
    account = accounts.save_account(
        partner_id=partner_id,
        region=region,
        actor=COMMAND_LINE,
        terms={
            # Where the simulator is now; all else people may have changed since.
            "gateway_url": f"{url}/gateway.do",
            "statement_folder": folder,
            **(_FIRST_TERMS[region] if is_new else {}),
        },
    )
    accounts.add_key(
        account,
        purpose=KeyPurpose.SHARED,
        algorithm=SignType.MD5,
        text=_TEST_MD5_KEY,
        actor=COMMAND_LINE,
    )
    return account


def _connect_json(url: str, account: Account) -> None:
    """The account's client id of the JSON API, and each side's RSA2 key at the other."""
    accounts.save_account(
        partner_id=account.partner_id,
        region=account.region,
        actor=COMMAND_LINE,
        terms={"client_id": _DEMO_CLIENT_ID, "json_url": url},
    )
    ours = account.keys.live(clock.now()).filter(purpose=KeyPurpose.OURS).first()
    if ours is None:
        made = accounts.generate_key_pair(account, algorithm=SignType.RSA2, actor=COMMAND_LINE)
        ours = accounts.activate_key(made, actor=COMMAND_LINE)
    wishes = {
        "client_id": _DEMO_CLIENT_ID,
        "partner_id": account.partner_id,
        "merchant_public_key_pem": accounts.public_half(ours),
    }
    known = _ask_simulator(f"{url}/control/clients", wishes)
    accounts.add_key(
        account,
        purpose=KeyPurpose.ALIPAY,
        algorithm=SignType.RSA2,
        text=str(known["alipay_public_key_pem"]),
        actor=COMMAND_LINE,
    )


def _ask_simulator(address: str, wishes: dict[str, Any]) -> dict[str, object]:
    answer = httpx.post(address, json=wishes, timeout=10, trust_env=False)
    if not answer.is_success:
        raise CommandError(f"The simulator refused the demo partner: {answer.text}")
    told: dict[str, object] = answer.json()
    return told


def _shop() -> tuple[Store, list[Counter]]:
    merchant, _ = Merchant.objects.get_or_create(
        secondary_merchant_id="HARBOUR", defaults={"name": "Harbour Noodle Bar", "mcc": "5812"}
    )
    store, _ = Store.objects.get_or_create(
        merchant=merchant,
        code="PIER3",
        defaults={
            "name": "Harbour Noodle Bar Pier 3",
            "country": "US",
            "address": "1 Example Pier, Springfield",
            "pricing_currency": "USD",
            "time_zone": "America/New_York",
        },
    )
    return store, [_counter(store, number) for number in (1, 2, 3)]


def _hk_shop() -> tuple[Store, list[Counter]]:
    merchant, _ = Merchant.objects.get_or_create(
        secondary_merchant_id="HARBOUR_HK", defaults={"name": "海旁麵家", "mcc": "5812"}
    )
    store, _ = Store.objects.get_or_create(
        merchant=merchant,
        code="CENTRAL",
        defaults={
            "name": "海旁麵家 中環店",
            "country": "HK",
            "address": "中環碼頭3號",
            "pricing_currency": "HKD",
            "time_zone": "Asia/Hong_Kong",
        },
    )
    return store, [_counter(store, number) for number in (1, 2)]


def _counter(store: Store, number: int) -> Counter:
    counter, _ = Counter.objects.get_or_create(
        store=store, code=f"C{number}", defaults={"name": f"Counter {number}"}
    )
    return counter


def _person(name: str, role: Role, store: Store) -> None:
    user, is_new = User.objects.get_or_create(
        username=name,
        defaults={
            "is_staff": role == Role.ADMINISTRATOR,
            "is_superuser": role == Role.ADMINISTRATOR,
        },
    )
    if not StepUp.objects.filter(user=user).exists():
        step_up.keep_pin(user, DEMO_PIN, actor=COMMAND_LINE)
    if not is_new:
        return
    user.set_password(DEMO_PASSWORD)
    user.save(update_fields=["password"])
    Membership.objects.create(user=user, role=role)


def _make_code(enrolment: Enrolment) -> None:
    if enrolment.codes.exclude(state__in=(CodeState.DELETED, CodeState.REFUSED)).exists():
        return
    codes.send_code(codes.make_code(enrolment, actor=COMMAND_LINE))
