"""A sale by the customer's code through a till's API, beside the bare signed call it needs.

Both generations of the interface; the simulator answers at once. Each sale and each bare call has a
code of its own, which a customer's phone shows before the clock starts.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from bench.databases import ROOT, migrate, scratch_database
from bench.goals import Goal, percentile, tell
from bench.notices import MD5_SECRET, PARTNER, TestKeys
from bench.servers import granian
from merchant_portal.alipay.client import Contract, GatewayClient, open_http
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.orders import MerchantDetails, Order, StoreDetails
from merchant_portal.alipay.json_api.payments import PayRequest as JSONPayRequest
from merchant_portal.alipay.messages import PaymentCode, PayRequest, Region, ShopDetails
from merchant_portal.alipay.signing import MD5Key, RSAPublicKey, SignType

_MOST_ADDED_SECONDS = 0.020
_WARMING = 20
_STARTS_WITHIN_SECONDS = 30
_NOTIFY_URL = "https://shop.example/alipay/notify/"
_MINUTE = timedelta(minutes=1)


@dataclass
class Pair:
    """One generation's two sides, and the seconds each call of theirs took."""

    name: str
    bare: Callable[[PaymentCode], str]
    ours: Callable[[PaymentCode], str]
    taken_bare: list[float] = field(default_factory=list)
    taken_ours: list[float] = field(default_factory=list)


def measure(*, rounds: int) -> Iterator[Goal]:
    """What a sale costs above the gateway's own answer; raises if one of them was not paid."""
    with ExitStack() as stack:
        environment = _environment(stack)
        simulator = stack.enter_context(_simulator(environment))
        migrate(environment)
        _manage(environment, "seed_demo", "--simulator-url", simulator)
        key = json.loads(
            _manage(environment, "create_api_key", "--name", "Till", "--role", "cashier", "--json")
        )["key"]
        server = stack.enter_context(granian("merchant_portal.wsgi:application", environment))
        till = stack.enter_context(
            httpx.Client(
                base_url=f"http://127.0.0.1:{server.port}/api/v1/",
                headers={"Authorization": f"Api-Key {key}"},
                trust_env=False,
                timeout=30,
            )
        )
        phone = stack.enter_context(httpx.Client(base_url=simulator, trust_env=False))
        http = stack.enter_context(open_http(timeout_seconds=30))
        pairs = [
            Pair("gateway", _bare_gateway(simulator, http), _sale(till, "CENTRAL", "HKD")),
            Pair("JSON API", _bare_json(simulator, http), _sale(till, "PIER3", "USD")),
        ]
        for number in range(_WARMING + rounds):
            for pair in pairs:
                _take_turns(pair, phone, counts=number >= _WARMING)
    for pair in pairs:
        yield _judge(pair)


def _take_turns(pair: Pair, phone: httpx.Client, *, counts: bool) -> None:
    for act, taken in ((pair.bare, pair.taken_bare), (pair.ours, pair.taken_ours)):
        shown = phone.post("/phone/codes", json={}).raise_for_status().json()["code"]
        code = PaymentCode.scanned(shown)
        started = time.perf_counter()
        said = act(code)
        seconds = time.perf_counter() - started
        if said != "PAID":
            raise RuntimeError(f"{pair.name}: a sale was {said} instead of PAID.")
        if counts:
            taken.append(seconds)


def _judge(pair: Pair) -> Goal:
    bare, ours = percentile(pair.taken_bare, 0.95), percentile(pair.taken_ours, 0.95)
    tell(
        f"a sale by {pair.name}: bare signed call p50 {percentile(pair.taken_bare, 0.5) * 1000:.1f}"
        f" p95 {bare * 1000:.1f} ms; through the portal p50 "
        f"{percentile(pair.taken_ours, 0.5) * 1000:.1f} p95 {ours * 1000:.1f} ms"
    )
    added = (ours - bare) * 1000
    return Goal(
        f"milliseconds a sale by {pair.name} adds at p95", added, at_most=_MOST_ADDED_SECONDS * 1000
    )


# ---- Ours ---------------------------------------------------------------------------------


def _sale(till: httpx.Client, store: str, currency: str) -> Callable[[PaymentCode], str]:
    """A sale at a counter of this store of the demo."""
    shops = till.get("stores/").raise_for_status().json()["results"]
    shop = next(each["id"] for each in shops if each["code"] == store)
    counters = till.get("counters/").raise_for_status().json()["results"]
    counter = next(each["id"] for each in counters if each["store"] == shop)

    def sell(code: PaymentCode) -> str:
        answer = till.post(
            "payments/",
            json={
                "product": "barcode",
                "counter": counter,
                "amount": "12.50",
                "currency": currency,
                "code": code.reveal(),
            },
            headers={"Idempotency-Key": uuid4().hex},
        )
        answer.raise_for_status()
        return str(answer.json()["state"])

    return sell


# ---- The bare calls -----------------------------------------------------------------------


def _bare_gateway(simulator: str, http: httpx.Client) -> Callable[[PaymentCode], str]:
    partner = {
        "partner_id": PARTNER,
        "region": Region.GLOBAL.value,
        "sign_types": [SignType.MD5.value],
        "md5_key": MD5_SECRET,
    }
    httpx.post(f"{simulator}/control/partners", json=partner, trust_env=False).raise_for_status()
    key = MD5Key(MD5_SECRET)
    contract = Contract(
        partner=PARTNER,
        region=Region.GLOBAL,
        sign_type=SignType.MD5,
        gateway_url=f"{simulator}/gateway.do",
        signing_key=key,
        verifying_keys=(key,),
        md5_key=None,
    )
    client = GatewayClient(contract, http=http, now=_now)
    shop = ShopDetails(
        secondary_merchant_id="HARBOUR",
        secondary_merchant_name="Harbour Noodle Bar",
        secondary_merchant_industry="5812",
        store_id="PIER3",
        store_name="Pier 3",
    )

    def pay(code: PaymentCode) -> str:
        request = PayRequest(
            partner_trans_id=f"B{uuid4().hex}",
            payment_code=code,
            amount_text="12.50",
            currency="USD",
            trans_name="Noodle set lunch",
            created_at=_now(),
            shop=shop,
            notify_url=_NOTIFY_URL,
        )
        return client.pay_with_code(request).outcome.value

    return pay


def _bare_json(simulator: str, http: httpx.Client) -> Callable[[PaymentCode], str]:
    keys, client_id = TestKeys.make(), "bench00client"
    wish = {
        "client_id": client_id,
        "partner_id": PARTNER,
        "merchant_public_key_pem": keys.public_pem,
    }
    known = httpx.post(
        f"{simulator}/control/clients", json=wish, trust_env=False
    ).raise_for_status()
    alipay = RSAPublicKey(known.json()["alipay_public_key_pem"], SignType.RSA2)
    contract = JSONContract(
        client_id=client_id, base_url=simulator, signing_key=keys.signer, verifying_keys=(alipay,)
    )
    client = JSONClient(contract, http=http, now=_now)
    amount = MinorAmount(1250, "USD")
    store = StoreDetails(reference_store_id="PIER3", store_name="Pier 3", store_mcc="5812")
    merchant = MerchantDetails(
        reference_merchant_id="HARBOUR",
        merchant_mcc="5812",
        merchant_name="Harbour Noodle Bar",
        store=store,
    )

    def pay(code: PaymentCode) -> str:
        number, now = f"B{uuid4().hex}", _now()
        order = Order(
            reference_order_id=number,
            description="Noodle set lunch",
            amount=amount,
            merchant=merchant,
            store_terminal_id="C1",
            requested_at=now,
        )
        request = JSONPayRequest(
            payment_request_id=number,
            order=order,
            amount=amount,
            notify_url=_NOTIFY_URL,
            expires_at=now + 3 * _MINUTE,
            payment_code=code,
        )
        return client.pay(request).outcome.value

    return pay


def _now() -> datetime:
    return datetime.now(UTC)


# ---- The house ----------------------------------------------------------------------------


def _environment(stack: ExitStack) -> dict[str, str]:
    return {
        "DATABASE_URL": stack.enter_context(scratch_database("portal_bench_selling")),
        "REDIS_URL": "",
        "DEBUG": "",
        "VAR_DIR": stack.enter_context(tempfile.TemporaryDirectory()),
        "LOG_LEVEL": "WARNING",
    }


@contextmanager
def _simulator(environment: dict[str, str]) -> Iterator[str]:
    """The small Alipay as a process of its own; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "runsimulator", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(url: str) -> None:
    end = time.monotonic() + _STARTS_WITHIN_SECONDS
    while not _answers(url):
        if time.monotonic() > end:
            raise TimeoutError(f"The simulator does not answer at {url}.")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/books/partners.json", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _manage(environment: dict[str, str], *command: str) -> str:
    finished = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return finished.stdout
