"""Notifications: read, verified, named."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.messages import (
    Posted,
    TradeStatus,
    parse_posted,
    read_notice,
    verify_posted,
)
from merchant_portal.alipay.signing import MD5Key, SigningKey, SignType, presign, sign
from tests.alipay.rsa import RSAPair
from tests.alipay.samples import SAMPLE_KEY, posted_body, vector_of

FORM = "application/x-www-form-urlencoded"
NOTICES = ["09-notify-paid-global.txt", "10-notify-paid-hk.txt", "11-notify-refund-global.txt"]
ANOTHER_KEY = MD5Key("anotherkey0anotherkey0anotherkey")


def posted_sample(file: str) -> Posted:
    return parse_posted(posted_body(file), content_type=f"{FORM}; charset=UTF-8")


def signed_body(
    fields: dict[str, str], key: SigningKey, *, codec: str = "utf-8", sign_type: str = ""
) -> bytes:
    signature = sign(presign(fields), key, charset=codec)
    named = {"sign_type": sign_type or key.sign_type.value, "sign": signature}
    return urlencode(fields | named, encoding=codec).encode("ascii")


@pytest.mark.parametrize("file", NOTICES)
def test_every_sample_verifies(file: str) -> None:
    posted = posted_sample(file)
    assert posted.presign == vector_of(file)["pre_sign"]
    assert verify_posted(posted, sign_type=SignType.MD5, keys=[SAMPLE_KEY]) is SAMPLE_KEY


@pytest.mark.parametrize("file", NOTICES)
@pytest.mark.parametrize("field", ["total_fee", "trade_status", "out_trade_no", "seller_id"])
def test_a_sample_with_one_field_changed_does_not_verify(file: str, field: str) -> None:
    pairs = tuple(
        (name, value + "0" * (name == field)) for name, value in posted_sample(file).pairs
    )
    changed = Posted(pairs, "UTF-8")
    assert verify_posted(changed, sign_type=SignType.MD5, keys=[SAMPLE_KEY]) is None


def test_a_field_added_by_another_breaks_the_signature() -> None:
    body = posted_body(NOTICES[0]) + b"&discount=1"
    posted = parse_posted(body, content_type=FORM)
    assert verify_posted(posted, sign_type=SignType.MD5, keys=[SAMPLE_KEY]) is None


def test_unknown_fields_are_signed_too() -> None:
    fields = {"notify_id": "1", "new_field": "a+b & c=d % 海旁 %20"}
    posted = parse_posted(signed_body(fields, SAMPLE_KEY), content_type=FORM)
    assert posted.get("new_field") == "a+b & c=d % 海旁 %20"
    assert verify_posted(posted, sign_type=SignType.MD5, keys=[SAMPLE_KEY]) is SAMPLE_KEY


def test_the_key_that_verifies_is_told_among_several(rsa2: RSAPair) -> None:
    posted = posted_sample(NOTICES[0])
    keys = [rsa2.public, ANOTHER_KEY, SAMPLE_KEY]
    assert verify_posted(posted, sign_type=SignType.MD5, keys=keys) is SAMPLE_KEY


def test_without_the_right_key_none_verifies() -> None:
    posted = posted_sample(NOTICES[0])
    assert verify_posted(posted, sign_type=SignType.MD5, keys=[ANOTHER_KEY]) is None
    assert verify_posted(posted, sign_type=SignType.MD5, keys=[]) is None


@pytest.mark.parametrize("named", ["MD5", "RSA", "md5", "NONE"])
def test_a_message_that_names_another_algorithm_is_not_believed(named: str, rsa2: RSAPair) -> None:
    body = signed_body({"notify_id": "1"}, rsa2.private, sign_type=named)
    posted = parse_posted(body, content_type=FORM)
    assert verify_posted(posted, sign_type=SignType.RSA2, keys=[rsa2.public]) is None


def test_an_md5_message_is_not_believed_on_an_rsa_account(rsa2: RSAPair) -> None:
    posted = posted_sample(NOTICES[0])
    keys = [rsa2.public, SAMPLE_KEY]
    assert verify_posted(posted, sign_type=SignType.RSA2, keys=keys) is None


def test_an_md5_message_that_hides_its_algorithm_is_not_believed_either(rsa2: RSAPair) -> None:
    body = urlencode({"notify_id": "1", "sign": sign("notify_id=1", SAMPLE_KEY)}).encode()
    posted = parse_posted(body, content_type=FORM)
    keys = [rsa2.public, SAMPLE_KEY]
    assert verify_posted(posted, sign_type=SignType.RSA2, keys=keys) is None


def test_a_message_without_a_sign_type_is_verified_by_the_accounts(rsa2: RSAPair) -> None:
    signature = sign("notify_id=1", rsa2.private)
    body = urlencode({"notify_id": "1", "sign": signature}).encode()
    posted = parse_posted(body, content_type=FORM)
    assert verify_posted(posted, sign_type=SignType.RSA2, keys=[rsa2.public]) is rsa2.public


def test_a_signature_sent_with_bare_plus_signs_verifies(rsa2: RSAPair) -> None:
    numbers = (str(number) for number in range(1000))
    number = next(n for n in numbers if "+" in sign(f"notify_id={n}", rsa2.private))
    body = f"notify_id={number}&sign_type=RSA2&sign={sign(f'notify_id={number}', rsa2.private)}"
    posted = parse_posted(body.encode(), content_type=FORM)
    assert " " in posted.signature
    assert verify_posted(posted, sign_type=SignType.RSA2, keys=[rsa2.public]) is rsa2.public


def test_a_message_without_a_signature_does_not_verify(rsa2: RSAPair) -> None:
    posted = parse_posted(b"notify_id=1&sign_type=RSA2", content_type=FORM)
    assert verify_posted(posted, sign_type=SignType.RSA2, keys=[rsa2.public]) is None


@pytest.mark.parametrize(
    ("content_type", "extra"),
    [
        (f"{FORM}; charset=GBK", {}),
        ('Application/X-WWW-Form-UrlEncoded;Charset="gbk"', {}),
        (f"{FORM};charset=gb2312", {}),
        (f"{FORM}; text/html; charset=gbk", {}),  # as Alipay really writes it
        (FORM, {"_input_charset": "gbk"}),
        (FORM, {"charset": "GB18030"}),
    ],
)
def test_a_message_in_gbk_verifies(content_type: str, extra: dict[str, str]) -> None:
    fields = {"subject": "海旁面家 中环店", "notify_id": "1"} | extra
    posted = parse_posted(signed_body(fields, SAMPLE_KEY, codec="gbk"), content_type=content_type)
    assert posted.get("subject") == "海旁面家 中环店"
    assert verify_posted(posted, sign_type=SignType.MD5, keys=[SAMPLE_KEY]) is SAMPLE_KEY


def test_a_message_in_gbk_but_signed_in_utf8_verifies() -> None:
    fields = {"subject": "海旁面家"}
    signature = sign(presign(fields), SAMPLE_KEY)
    body = urlencode(fields | {"sign": signature}, encoding="gbk").encode()
    posted = parse_posted(body, content_type=f"{FORM}; charset=GBK")
    assert verify_posted(posted, sign_type=SignType.MD5, keys=[SAMPLE_KEY]) is SAMPLE_KEY


def test_letters_sent_without_escapes_are_read() -> None:
    posted = parse_posted("subject=海旁麵家&a=1".encode(), content_type=FORM)
    assert posted.get("subject") == "海旁麵家"


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"a=1", "application/json", "not a form"),
        (b"a=1", "", "not a form"),
        (b"a=1", "multipart/form-data; boundary=x", "not a form"),
        (b"", FORM, "no fields"),
        (b"&&&", FORM, "no fields"),
        (b"a=1&a=2", FORM, "twice"),
        (b"a=1&%61=1", FORM, "twice"),
        (b"=1", FORM, "without a name"),
        (b"a=%FF", FORM, "not utf-8"),
        (b"a=\xff", FORM, "not utf-8"),
        (b"a=%81", f"{FORM}; charset=GBK", "not gbk"),
        (b"a=1", f"{FORM}; charset=utf-16", "not one in use"),
        (b"a=1", f"{FORM}; charset=utf-7", "not one in use"),
        (b"a=1&charset=%E9", FORM, "not one in use"),
        (b"a", "x" * 5000, "not a form"),
        (b"&".join(b"f%d=1" % n for n in range(201)), FORM, "more than 200"),
    ],
)
def test_what_cannot_be_read_in_one_way_only_is_refused(
    body: bytes, content_type: str, problem: str
) -> None:
    with pytest.raises(NotificationUnreadable, match=problem):
        parse_posted(body, content_type=content_type)


def test_two_hundred_fields_are_read() -> None:
    body = b"&".join(b"f%d=1" % n for n in range(200))
    assert len(parse_posted(body, content_type=FORM).pairs) == 200


def test_a_body_of_one_megabyte_is_read_or_refused() -> None:
    assert len(parse_posted(b"a=" + b"x" * 1_000_000, content_type=FORM).get("a")) == 1_000_000
    with pytest.raises(NotificationUnreadable):
        parse_posted(b"&" * 1_000_000, content_type=FORM)


def test_a_resend_has_the_same_digest() -> None:
    fields = {"notify_id": "1", "total_fee": "12.50", "notify_time": "2026-11-20 19:50:05"}
    first = parse_posted(signed_body(fields, SAMPLE_KEY), content_type=FORM)
    later = fields | {"notify_time": "2026-11-20 19:52:05"}
    again = parse_posted(signed_body(later, SAMPLE_KEY), content_type=FORM)
    assert first.signature != again.signature
    assert first.digest == again.digest


def test_another_amount_under_the_same_id_has_another_digest() -> None:
    fields = {"notify_id": "1", "total_fee": "12.50"}
    first = parse_posted(signed_body(fields, SAMPLE_KEY), content_type=FORM)
    other = parse_posted(signed_body(fields | {"total_fee": "1250"}, SAMPLE_KEY), content_type=FORM)
    assert first.digest != other.digest


def test_a_paid_notice_has_its_fields_by_name() -> None:
    notice = read_notice(posted_sample(NOTICES[0]))
    assert notice.alipay_trans_id == "2026112022001400000000000001"
    assert notice.partner_trans_id == "2026112019500012345678901234"
    assert (notice.status, notice.total_fee) == (TradeStatus.TRADE_SUCCESS, "12.50")
    assert notice.paid_at == datetime(2026, 11, 20, 11, 50, 4, tzinfo=UTC)
    assert (notice.passback, notice.store_id) == ('{"till":"7"}', "S0001")
    assert not notice.is_refund
    assert notice.unreadable == ()


def test_a_hong_kong_notice_names_the_wallet() -> None:
    notice = read_notice(posted_sample(NOTICES[1]))
    assert (notice.payment_inst, notice.trans_currency) == ("ALIPAYHK", "HKD")
    assert notice.subject == "海旁麵家 中環店"
    assert notice.passback == ""


def test_a_refund_notice_is_told_from_a_paid_one() -> None:
    notice = read_notice(posted_sample(NOTICES[2]))
    assert notice.is_refund
    assert (notice.refund_fee, notice.out_biz_no) == ("5.00", "RF0001")


@pytest.mark.parametrize(
    ("fields", "is_refund"),
    [
        ({"notify_action_type": "refundFPAction"}, True),
        ({"refund_fee": "5.00", "out_biz_no": "RF1"}, True),
        ({"notify_action_type": "finishFPAction", "refund_fee": "5.00"}, False),
        ({"notify_action_type": "reverseAction"}, False),
        ({}, False),
    ],
)
def test_a_refund_is_told_by_its_action_or_its_own_number(
    fields: dict[str, str], is_refund: bool
) -> None:
    notice = read_notice(Posted((("notify_id", "1"), *fields.items()), "UTF-8"))
    assert notice.is_refund is is_refund


def test_an_unknown_status_is_kept_and_not_guessed() -> None:
    notice = read_notice(Posted((("trade_status", "TRADE_SUCCES"),), "UTF-8"))
    assert notice.status is None
    assert notice.status_word == "TRADE_SUCCES"


def test_an_unreadable_time_is_named_and_a_missing_one_is_not() -> None:
    notice = read_notice(Posted((("gmt_payment", "yesterday"),), "UTF-8"))
    assert notice.paid_at is None
    assert notice.unreadable == ("gmt_payment",)
