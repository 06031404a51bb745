"""Whatever arrives, the answer is clear and nothing that may be money is lost."""

import base64
import hashlib
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings as portal
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose, SignType
from merchant_portal.simulator import signing as alipays
from payments.models import IntakeCount, Notification, Payment, Quarantined
from payments.states import NotificationState, Question, WaitReason
from qrcodes.models import Counter, QRCode
from tests import factories
from tests.intake.conftest import make_account, make_code
from tests.intake.wire import FORM, Postman, paid_fields, presign, signed

FOREIGN_KEY = "testkey1only1for1tests1testkey11"


def counted(kind: IntakeCount.Kind) -> int:
    return sum(IntakeCount.objects.filter(kind=kind).values_list("count", flat=True))


def waiting_reason() -> str:
    notification = Notification.objects.get()
    assert notification.state == NotificationState.WAITING
    assert not Payment.objects.exists()
    return notification.reason


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
def test_only_posting_is_possible(client: Client, till: QRCode, method: str) -> None:
    assert getattr(client, method)(till.notify_path).status_code == 405


def test_the_answer_is_seven_letters_and_nothing_else(client: Client, till: QRCode) -> None:
    answer = client.post(till.notify_path, signed(paid_fields(till)), content_type=FORM)
    assert (answer.status_code, answer.content) == (200, b"success")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_wrong_signature_is_quarantined(postman: Postman) -> None:
    assert postman.post(signed(paid_fields(postman.code), key=FOREIGN_KEY)) == "fail"
    assert Quarantined.objects.held().count() == 1
    assert not Notification.objects.exists()


def test_a_quarantined_body_is_sealed(postman: Postman) -> None:
    postman.post(signed(paid_fields(postman.code), key=FOREIGN_KEY))
    assert b"trade_no" not in bytes(Quarantined.objects.get().sealed_body)


def test_the_same_wrong_body_again_is_one_row(postman: Postman) -> None:
    body = signed(paid_fields(postman.code), key=FOREIGN_KEY)
    assert [postman.post(body), postman.post(body)] == ["fail", "fail"]
    assert Quarantined.objects.get().received_count == 2


@pytest.mark.parametrize("name", ["total_fee", "trade_no", "notify_id", "sign", "sign_type", "a"])
def test_a_field_taken_away_or_put_in_is_noticed(postman: Postman, name: str) -> None:
    pairs = signed(paid_fields(postman.code)).split("&")
    kept = [pair for pair in pairs if not pair.startswith(f"{name}=")]
    body = "&".join(kept if len(kept) < len(pairs) else [*pairs, f"{name}=1"])
    # Which algorithm signed is the account's to say: without its name nothing is lost.
    assert postman.post(body) == ("success" if name == "sign_type" else "fail")


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff\xfe", b"{}", b"<xml/>", b"&&&", b"=", b"a=1&a=2", b"%", b"sign=%00"]
)
def test_garbage_is_refused_and_kept(postman: Postman, body: bytes) -> None:
    assert postman.post(body) == "fail"
    assert Quarantined.objects.count() == 1


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/json", "multipart/form-data; boundary=x"]
)
def test_a_wrong_content_type_is_refused_and_kept(postman: Postman, content_type: str) -> None:
    assert postman.post(signed(paid_fields(postman.code)), content_type=content_type) == "fail"
    assert Quarantined.objects.count() == 1


def test_a_charset_nobody_knows_is_refused_and_kept(postman: Postman) -> None:
    body = signed(paid_fields(postman.code)).encode()
    assert postman.post(body, content_type=f"{FORM}-KLINGON") == "fail"
    assert Quarantined.objects.count() == 1


@pytest.mark.parametrize(
    "key", ["0" * 32, "short", "%00", "x" * 500, "00000000000000000000000000000000 "]
)
def test_an_unknown_address_is_counted_and_nothing_is_stored(postman: Postman, key: str) -> None:
    assert postman.post(signed(paid_fields(postman.code)), key=key) == "fail"
    assert counted(IntakeCount.Kind.UNKNOWN_KEY) == 1
    assert not Quarantined.objects.exists()
    assert not Notification.objects.exists()


def test_a_megabyte_is_refused_and_counted(postman: Postman) -> None:
    assert postman.post(b"a=" + b"x" * 1_048_576) == "fail"
    assert counted(IntakeCount.Kind.TOO_LARGE) == 1
    assert not Quarantined.objects.exists()


def test_a_body_beyond_the_quarantines_size_is_counted(postman: Postman) -> None:
    assert postman.post(b"a=" + b"x" * portal.QUARANTINE_BODY_BYTES) == "fail"
    assert counted(IntakeCount.Kind.TOO_LARGE) == 1
    assert not Quarantined.objects.exists()


def test_a_full_quarantine_counts(postman: Postman, settings: Settings) -> None:
    settings.QUARANTINE_BODIES = 2
    assert {postman.post(f"a={number}") for number in range(5)} == {"fail"}
    assert Quarantined.objects.count() == 2
    assert counted(IntakeCount.Kind.QUARANTINE_FULL) == 3


def test_a_body_in_chunks_is_read_to_its_end_and_no_further(till: QRCode, client: Client) -> None:
    body = signed(paid_fields(till)).encode()
    assert _in_chunks(client, till, body).content == b"success"
    assert _in_chunks(client, till, b"a=" + b"x" * 1_048_576).content == b"fail"
    assert counted(IntakeCount.Kind.TOO_LARGE) == 1


def test_without_a_length_or_an_end_nothing_is_read(till: QRCode, client: Client) -> None:
    body = signed(paid_fields(till)).encode()
    assert _in_chunks(client, till, body, **{"wsgi.input_terminated": False}).content == b"fail"


def _in_chunks(client: Client, till: QRCode, body: bytes, **environ: Any) -> HttpResponse:
    return client.generic(
        "POST",
        till.notify_path,
        body,
        FORM,
        **{
            "CONTENT_LENGTH": "",
            "wsgi.input": BytesIO(body),
            "wsgi.input_terminated": True,
            **environ,
        },
    )


def test_an_rsa_accounts_public_key_is_no_md5_key(
    postman: Postman, till: QRCode, seller: Account
) -> None:
    public = alipays.public_key_pem_of(alipays.generate_private_key_pem())
    _sign_with_rsa2(seller, public)
    row = seller.keys.get(algorithm=SignType.RSA2)
    for text in (public, "".join(public.split("\n")[1:-2]), row.fingerprint):
        assert postman.post(signed(paid_fields(till), key=text)) == "fail"
    assert not Notification.objects.exists()


def test_an_rsa_account_ignores_its_own_md5_key(
    postman: Postman, till: QRCode, seller: Account
) -> None:
    _sign_with_rsa2(seller, alipays.public_key_pem_of(alipays.generate_private_key_pem()))
    assert postman.paid() == "fail"


def test_a_notice_signed_with_rsa2_is_taken(
    postman: Postman, till: QRCode, seller: Account
) -> None:
    private = alipays.generate_private_key_pem()
    _sign_with_rsa2(seller, alipays.public_key_pem_of(private))
    fields = paid_fields(till)
    signature = alipays.rsa_signature(
        presign(fields).encode(), sign_type=alipays.SignType.RSA2, private_key_pem=private
    )
    assert base64.b64decode(signature)
    body = signed({**fields}).rsplit("&sign_type", 1)[0]
    escaped = signature.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    assert postman.post(f"{body}&sign_type=RSA2&sign={escaped}") == "success"


def _sign_with_rsa2(account: Account, public_pem: str) -> None:
    accounts.save_account(
        partner_id=account.partner_id,
        region=account.region,
        actor=factories.ACTOR,
        terms={"sign_type": SignType.RSA2},
    )
    accounts.add_key(
        account,
        purpose=KeyPurpose.ALIPAY,
        algorithm=SignType.RSA2,
        text=public_pem,
        actor=factories.ACTOR,
    )


def test_another_accounts_key_does_not_verify(
    postman: Postman, till: QRCode, counter: Counter
) -> None:
    make_account("2088000000000127", region="global", currency="USD", key=FOREIGN_KEY)
    assert postman.post(signed(paid_fields(till), key=FOREIGN_KEY)) == "fail"


def test_a_foreign_seller_waits(postman: Postman) -> None:
    assert postman.paid(seller_id="2088000000009999") == "success"
    assert waiting_reason() == WaitReason.FOREIGN_SELLER


@pytest.mark.parametrize("amount", ["1e3", "-1", "1.005", "1,00", "0", "0.00", "", "１", "nan"])
def test_an_unusable_amount_waits(postman: Postman, amount: str) -> None:
    assert postman.paid(total_fee=amount) == "success"
    assert waiting_reason() == WaitReason.UNUSABLE_AMOUNT


def test_yen_have_no_decimals(client: Client, seller: Account, counter: Counter) -> None:
    postman = Postman(client, make_code(seller, counter, currency="JPY"))
    assert postman.paid(total_fee="1.50") == "success"
    assert waiting_reason() == WaitReason.UNUSABLE_AMOUNT


def test_whole_yen_are_whole_yen(client: Client, seller: Account, counter: Counter) -> None:
    Postman(client, make_code(seller, counter, currency="JPY")).paid(total_fee="1500")
    assert Payment.objects.get().amount_minor == 1500


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"trade_no": None}, WaitReason.NO_TRADE_NUMBER),
        ({"trade_no": "9" * 65}, WaitReason.NUMBER_UNUSABLE),
        ({"out_trade_no": "9" * 65}, WaitReason.NUMBER_UNUSABLE),
        ({"total_fee": None}, WaitReason.UNUSABLE_AMOUNT),
        ({"gmt_payment": None}, WaitReason.NO_PAYMENT_TIME),
        ({"gmt_payment": "yesterday"}, WaitReason.NO_PAYMENT_TIME),
        ({"trade_status": None}, WaitReason.UNKNOWN_STATUS),
        ({"trade_status": "TRADE_MOON"}, WaitReason.UNKNOWN_STATUS),
        ({"trans_currency": "XXX"}, WaitReason.UNUSABLE_AMOUNT),
    ],
)
def test_what_is_missing_is_never_guessed(
    postman: Postman, changes: dict[str, str | None], reason: WaitReason
) -> None:
    assert postman.paid(**changes) == "success"
    assert waiting_reason() == reason


def test_every_optional_field_may_be_missing(postman: Postman) -> None:
    optional = ("trans_currency", "qrcode", "store_id", "secondary_merchant_id", "notify_id")
    more = ("extra_common_param", "buyer_email", "subject", "out_trade_no", "seller_id")
    assert postman.paid(**dict.fromkeys((*optional, *more))) == "success"
    payment = Payment.objects.get()
    assert (payment.amount_minor, payment.counter) == (1250, postman.code.enrolment.counter)


def test_two_notices_without_an_id_do_not_contradict_each_other(postman: Postman) -> None:
    postman.paid(notify_id=None)
    postman.paid(notify_id=None, trade_no="2", out_trade_no="3")
    assert Payment.objects.count() == 2
    assert not Notification.objects.conflicting().exists()


@pytest.mark.parametrize(
    "text", ["a+b & 100%=全部", "%2B%26", "  ", "=&=", "a\r\nb", "\N{SNOWMAN}"]
)
def test_unknown_fields_are_signed_too(postman: Postman, text: str) -> None:
    assert postman.paid(**{"unheard_of": text, "消息": text}) == "success"
    assert Payment.objects.count() == 1


def test_a_notice_in_gbk_verifies(postman: Postman) -> None:
    body = signed(paid_fields(postman.code, subject="海旁面家"), charset="gbk")
    assert postman.post(body, content_type=FORM.replace("UTF-8", "GBK")) == "success"


def test_a_null_character_is_kept_and_harms_nothing(postman: Postman) -> None:
    assert postman.paid(notify_id="a\0b", unheard_of="\0") == "success"
    assert Notification.objects.get().notify_id == "a\N{REPLACEMENT CHARACTER}b"


def test_a_login_that_is_not_masked_is_masked(postman: Postman) -> None:
    postman.paid(buyer_email="somebody@example.com")
    assert Payment.objects.get().buyer == "som***@example.com"


def test_with_the_database_gone_nothing_is_acknowledged(postman: Postman) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_ledgerentry RENAME TO payments_nowhere")
        cursor.execute("ALTER TABLE payments_notification RENAME TO payments_elsewhere")
    assert postman.paid() == "fail"


def test_an_effect_that_fails_leaves_the_notice_waiting(postman: Postman) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_ledgerentry RENAME TO payments_elsewhere")
    assert postman.paid() == "success"
    assert waiting_reason() == WaitReason.FAILED
    waiting = Notification.objects.get()
    assert (waiting.received_count, waiting.next_attempt_at is not None) == (1, True)


def test_the_address_of_a_deleted_code_still_resolves(postman: Postman) -> None:
    QRCode.objects.update(state="DELETED", wanted_state="DELETED")
    assert postman.paid() == "success"
    assert Payment.objects.get().counter == postman.code.enrolment.counter


def test_the_same_id_with_other_content_is_a_second_flagged_row(postman: Postman) -> None:
    assert [postman.paid(), postman.paid(subject="Other")] == ["success", "success"]
    assert Notification.objects.conflicting().count() == 1
    assert Payment.objects.get().question == Question.CONTENT_DIFFERS


def test_a_signature_is_compared_without_regard_to_case(postman: Postman) -> None:
    fields = paid_fields(postman.code)
    digest = hashlib.md5((presign(fields) + factories.TEST_MD5_KEY).encode()).hexdigest()
    assert postman.post(signed(fields).replace(digest, digest.upper())) == "success"
