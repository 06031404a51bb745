"""Messages of the JSON API as Alipay posts them, signed by lines that are not the product's."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.test import Client

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose
from merchant_portal.simulator import json_signing
from payments.models import Payment, PaymentMove, Sale
from payments.states import Interface, PaymentState, Product
from qrcodes.models import Counter
from tests.accounts.key_texts import rsa_pair
from tests.factories import ACTOR

CLIENT_ID = "211000000000000000001"
JSON = "application/json; charset=UTF-8"
PAYMENT_ID = "20261120194010800100188000000001"
SALE = "BC2026112019500100012345"
TIME = "2026-11-20T19:50:06+08:00"
PAID = ("SUCCESS", "S")
POOR = ("USER_BALANCE_NOT_ENOUGH", "F")
OPEN = ("PAYMENT_IN_PROCESS", "U")


def make_json_account(account: Account) -> Account:
    """The account with a client id, our RSA2 key and Alipay's (`rsa_pair(8)`)."""
    accounts.save_account(
        partner_id=account.partner_id,
        region=account.region,
        terms={"client_id": CLIENT_ID, "json_url": "http://127.0.0.1:9"},
        actor=ACTOR,
    )
    add_alipays_key(account, 8)
    accounts.add_key(
        account, purpose=KeyPurpose.OURS, algorithm="RSA2", text=rsa_pair(9)[0], actor=ACTOR
    )
    return Account.objects.get(pk=account.pk)


def add_alipays_key(account: Account, number: int) -> None:
    accounts.add_key(
        account, purpose=KeyPurpose.ALIPAY, algorithm="RSA2", text=rsa_pair(number)[1], actor=ACTOR
    )


def begin_sale(
    account: Account,
    counter: Counter,
    *,
    product: Product = Product.BARCODE,
    state: PaymentState = PaymentState.PENDING,
    interface: Interface = Interface.JSON,
    number: str = SALE,
) -> Payment:
    """A sale of 12.50 dollars, sent and not answered for good yet."""
    now = clock.now()
    payment = Payment.objects.create(
        account=account,
        product=product,
        store=counter.store,
        counter=counter,
        partner_trans_id=number,
        amount_minor=1250,
        currency="USD",
        state=state,
        occurred_at=now,
        first_heard_at=now,
        next_attempt_at=now + timedelta(minutes=5),
    )
    PaymentMove.objects.create(
        payment=payment, from_state="", to_state=state, at=now, actor_name="a test"
    )
    Sale.objects.create(
        payment=payment,
        interface=interface,
        description="Noodle set lunch",
        code_hint="28************2345" if product == Product.BARCODE else "",
        begun_by_name="a test",
        sent_at=now,
        ends_at=now + timedelta(minutes=5),
    )
    return payment


def message(said: tuple[str, str] = PAID, **changes: object) -> dict[str, Any]:
    """What notifyPayment says of the sale; a change of None leaves a member out."""
    code, status = said
    members: dict[str, Any] = {
        "notifyType": "PAYMENT_RESULT",
        "result": {"resultCode": code, "resultStatus": status, "resultMessage": code.lower()},
        "paymentRequestId": SALE,
        "paymentId": PAYMENT_ID,
        "paymentAmount": {"currency": "USD", "value": "1250"},
        "paymentCreateTime": "2026-11-20T19:50:02+08:00",
        "pspCustomerInfo": {"pspName": "AlipayHK", "displayCustomerId": "som***@example.com"},
    }
    if status == "S":
        members["paymentTime"] = "2026-11-20T19:50:04+08:00"
    return {name: value for name, value in (members | changes).items() if value is not None}


@dataclass(frozen=True)
class JSONPostman:
    """Carries messages to the account's own address for the JSON API."""

    client: Client
    key: str
    client_id: str = CLIENT_ID
    key_number: int = 8
    content_type: str = JSON

    @property
    def path(self) -> str:
        return f"/alipay/ams/notify/{self.key}/"

    def says(self, said: tuple[str, str] = PAID, **changes: object) -> int:
        """Post a message, well signed; the HTTP status of the answer."""
        return self.post(message(said, **changes))

    def post(self, members: object, *, time: str = TIME, query: str = "") -> int:
        body = members if isinstance(members, bytes) else json.dumps(members).encode()
        return self.send(body, self.headers(body, time=time, query=query), query=query).status_code

    def headers(self, body: bytes, *, time: str = TIME, query: str = "") -> dict[str, str]:
        signed = json_signing.content(
            self.path + query, client_id=self.client_id, time=time, body=body
        )
        signature = json_signing.header(
            signed, private_key_pem=rsa_pair(self.key_number)[0], key_version="1"
        )
        return {"Client-Id": self.client_id, "Request-Time": time, "Signature": signature}

    def send(self, body: bytes, headers: dict[str, str], *, query: str = "") -> Any:
        """Post these bytes under these headers; the whole answer."""
        return self.client.generic(
            "POST", self.path + query, body, self.content_type, headers=headers
        )

    def as_if(self, **changes: Any) -> "JSONPostman":
        return replace(self, **changes)
