"""Each known cause is made by really breaking a really signed notice, and the clinic names it."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import process_time
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from merchant_portal.alipay.clinic import (
    Cause,
    Diagnosis,
    Finding,
    Fit,
    KeyCouncil,
    KnownKey,
    PastedUnreadable,
    Verdict,
    Whose,
    compare,
    diagnose,
)
from merchant_portal.alipay.signing import MD5Key, SignType, presign, sign
from tests.alipay.rsa import RSAPair, make_rsa_pair

PARTNER = "2088000000000101"
MD5 = MD5Key("testkey0only0for0tests0testkey00")
OTHER_MD5 = MD5Key("another0key0only0for0tests000000")
FIELDS = {
    "notify_time": "2026-11-20 19:50:05",
    "notify_type": "trade_status_sync",
    "notify_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9aa",
    "notify_action_type": "payByAccountAction",
    "out_trade_no": "2026112019500012345678901234",
    "trade_no": "2026112022001400000000000001",
    "trade_status": "TRADE_SUCCESS",
    "subject": "海旁麵家 & co",
    "gmt_create": "2026-11-20 19:49:58",
    "gmt_payment": "2026-11-20 19:50:04",
    "seller_id": PARTNER,
    "buyer_email": "cnb***@example.com",
    "total_fee": "12.50",
    "trans_currency": "USD",
    "extra_common_param": '{"code":"0123456789abcdef"}',
}
Fields = dict[str, str]


@pytest.fixture(scope="session")
def ours() -> RSAPair:
    return make_rsa_pair(2048, SignType.RSA2)


@pytest.fixture(scope="session")
def stranger() -> RSAPair:
    return make_rsa_pair(2048, SignType.RSA2)


@pytest.fixture
def council(rsa2: RSAPair, ours: RSAPair) -> KeyCouncil:
    """`rsa2` is Alipay's key pair; `ours` the merchant's own."""
    return KeyCouncil(
        [
            KnownKey("our own", Whose.OWN, ours.public),
            KnownKey("Alipay's", Whose.ALIPAYS, rsa2.public),
            KnownKey("the secret", Whose.ALIPAYS, MD5),
            KnownKey("another account's", Whose.ANOTHER, OTHER_MD5),
        ]
    )


Sign = Callable[..., Fields]
Examine = Callable[[str], Diagnosis]


@pytest.fixture(params=["RSA2", "MD5"])
def sign_type(request: pytest.FixtureRequest) -> SignType:
    return SignType(request.param)


@pytest.fixture
def signed(rsa2: RSAPair, sign_type: SignType) -> Sign:
    """Signs fields as Alipay does; ``string`` is what is signed if it is not the canonical one."""
    key = MD5 if sign_type is SignType.MD5 else rsa2.private

    def put(
        fields: Mapping[str, str] = FIELDS, *, string: str = "", charset: str = "utf-8"
    ) -> Fields:
        signature = sign(string or presign(fields), key, charset=charset)
        return {**fields, "sign_type": sign_type.value, "sign": signature}

    return put


@pytest.fixture
def examine(council: KeyCouncil, sign_type: SignType) -> Examine:
    return lambda text: diagnose(text, sign_type=sign_type, partner_id=PARTNER, council=council)


def causes(diagnosis: Diagnosis) -> list[Cause]:
    return [finding.cause for finding in diagnosis.findings]


def proven(diagnosis: Diagnosis) -> list[Cause]:
    """The causes, each of which was undone until the signature held."""
    assert diagnosis.verdict is Verdict.PROVEN, diagnosis
    return causes(diagnosis)


def test_a_genuine_body_holds(signed: Sign, examine: Examine) -> None:
    diagnosis = examine(urlencode(signed()))
    assert (diagnosis.verdict, causes(diagnosis)) == (Verdict.HOLDS, [])
    assert diagnosis.canonical == presign(FIELDS).encode()


@pytest.mark.parametrize(
    "frame",
    [
        "POST /alipay/notify/x/ HTTP/1.1\r\nHost: shop.example.com\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n\r\n{}",
        "2026-11-20 19:50:06 INFO notify body={} status=200 in 5 ms",
        '2026-11-20 INFO [web] notify body="{}" status=200',
        "https://shop.example.com/notify?{}",
        "curl -d '{}' http://127.0.0.1/",
    ],
)
def test_a_body_is_found_in_what_stands_around_it(
    frame: str, signed: Sign, examine: Examine
) -> None:
    assert examine(frame.format(urlencode(signed()))).verdict is Verdict.HOLDS


@pytest.mark.parametrize("write", [json.dumps, str, lambda f: f"<Received: {f!r}> at 19:50"])
def test_printed_fields_are_read(
    write: Callable[[object], str], signed: Sign, examine: Examine
) -> None:
    assert examine(write(signed())).verdict is Verdict.HOLDS


@pytest.mark.parametrize("joint", ["=", ": ", "\t"])
def test_a_field_a_line_is_read(joint: str, signed: Sign, examine: Examine) -> None:
    lines = "\n".join(f"{name}{joint}{value}" for name, value in signed().items())
    assert examine(lines).verdict is Verdict.HOLDS


@pytest.mark.parametrize("frame", ["<QueryDict: {}>", "{}", "request.POST = {}"])
def test_lists_of_a_query_dict(frame: str, signed: Sign, examine: Examine) -> None:
    printed = frame.format({name: [value] for name, value in signed().items()})
    assert proven(examine(printed)) == [Cause.LISTS]


def test_lists_that_were_sent_on_as_text(signed: Sign, examine: Examine) -> None:
    listed = {name: str([value]) for name, value in signed().items()}
    assert proven(examine(urlencode(listed))) == [Cause.LISTS]


def test_a_plus_lost_in_the_signature(rsa2: RSAPair, council: KeyCouncil) -> None:
    number, signature = 0, ""
    while "+" not in signature:
        number += 1
        fields = FIELDS | {"notify_id": str(number)}
        signature = sign(presign(fields), rsa2.private)
    body = f"{urlencode(fields)}&sign_type=RSA2&sign={signature}"
    found = diagnose(body, sign_type=SignType.RSA2, partner_id=PARTNER, council=council)
    assert proven(found) == [Cause.PLUS_LOST]
    assert found.findings[0].about == "sign"


def test_a_plus_lost_in_a_value(signed: Sign, examine: Examine) -> None:
    fields = signed(FIELDS | {"buyer_email": "+852-6***"})
    spoiled = urlencode(fields).replace("%2B852", "+852")
    found = examine(spoiled)
    assert proven(found) == [Cause.PLUS_LOST]
    assert found.findings[0].about == "buyer_email"


def test_signed_over_gbk_and_sent_as_utf_8(signed: Sign, examine: Examine) -> None:
    found = examine(urlencode(signed(charset="gbk")))
    assert proven(found) == [Cause.CHARSET]
    assert found.findings[0].about == "GBK"


def test_utf_8_that_was_read_as_gbk(signed: Sign, examine: Examine) -> None:
    fields = signed(FIELDS | {"subject": "海景"})
    fields = {name: value.encode().decode("gbk") for name, value in fields.items()}
    assert proven(examine(json.dumps(fields))) == [Cause.CHARSET]


def test_gbk_that_was_read_as_latin_1(signed: Sign, examine: Examine) -> None:
    fields = signed(charset="gbk")
    spoiled = {name: value.encode("gbk").decode("latin-1") for name, value in fields.items()}
    assert proven(examine(json.dumps(spoiled))) == [Cause.CHARSET]


def test_gbk_that_does_not_say_it_is(signed: Sign, examine: Examine) -> None:
    found = examine(urlencode(signed(charset="gbk"), encoding="gbk"))
    assert proven(found) == [Cause.CHARSET]
    assert found.findings[0].about == "GBK"


@pytest.mark.parametrize("where", ["header", "field"])
def test_gbk_that_says_it_is_holds(where: str, signed: Sign, examine: Examine) -> None:
    named = {"_input_charset": "GBK"} if where == "field" else {}
    body = urlencode(signed(FIELDS | named, charset="gbk"), encoding="gbk")
    header = "Content-Type: application/x-www-form-urlencoded; charset=GBK\n\n"
    assert examine((header if where == "header" else "") + body).verdict is Verdict.HOLDS


def test_characters_that_are_gone_are_seen_and_nothing_is_claimed(
    signed: Sign, examine: Examine
) -> None:
    fields = signed() | {"subject": "\N{REPLACEMENT CHARACTER}" * 4}
    found = examine(json.dumps(fields))
    assert (found.verdict, causes(found)) == (Verdict.SEEN, [Cause.CHARSET])


def test_fields_that_were_signed_as_they_stood(signed: Sign, examine: Examine) -> None:
    string = "&".join(f"{name}={value}" for name, value in FIELDS.items())
    assert proven(examine(urlencode(signed(string=string)))) == [Cause.UNSORTED]


def test_fields_sorted_without_regard_to_capitals(signed: Sign, examine: Examine) -> None:
    fields = {"a": "1", "_input_charset": "utf-8", "B": "2", **FIELDS}
    order = sorted(fields.items(), key=lambda pair: pair[0].lower())
    string = "&".join(f"{name}={value}" for name, value in order)
    assert proven(examine(urlencode(signed(fields, string=string)))) == [Cause.UNSORTED]


def test_sign_type_in_the_signed_string(
    signed: Sign, examine: Examine, sign_type: SignType
) -> None:
    pairs = sorted([*FIELDS.items(), ("sign_type", sign_type.value)])
    string = "&".join(f"{name}={value}" for name, value in pairs)
    assert proven(examine(urlencode(signed(string=string)))) == [Cause.SIGN_TYPE_SIGNED]


@pytest.mark.parametrize("added", [{"shop": "3"}, {"shop": "3", "lang": "en"}])
def test_own_query_parameters_among_the_fields(
    added: Fields, signed: Sign, examine: Examine
) -> None:
    found = examine(urlencode(added | signed()))
    assert proven(found) == [Cause.EXTRA_FIELD]
    assert found.findings[0].about == ", ".join(added)


def test_empty_fields_in_the_signed_string(signed: Sign, examine: Examine) -> None:
    fields = FIELDS | {"body": ""}
    string = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    assert proven(examine(urlencode(signed(fields, string=string)))) == [Cause.EMPTY_SIGNED]


def test_empty_fields_that_were_signed_and_then_dropped(signed: Sign, examine: Examine) -> None:
    fields = FIELDS | {"body": "", "memo": ""}
    string = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    found = examine(urlencode(signed(FIELDS, string=string)))
    assert proven(found) == [Cause.MISSING_FIELD]
    assert found.findings[0].about == "body=, memo="


@pytest.mark.parametrize("name", ["notify_type", "seller_id", "notify_action_type"])
def test_a_missing_field_whose_content_can_be_told(
    name: str, signed: Sign, examine: Examine
) -> None:
    fields = signed()
    content = fields.pop(name)
    found = examine(urlencode(fields))
    assert proven(found) == [Cause.MISSING_FIELD]
    assert found.findings[0].about == f"{name}={content}"


def test_a_missing_field_whose_content_nobody_knows_is_only_named(
    signed: Sign, examine: Examine
) -> None:
    fields = signed()
    del fields["notify_id"]
    found = examine(urlencode(fields))
    assert (found.verdict, found.missing) == (Verdict.SEEN, ("notify_id",))


def test_a_body_encoded_twice(signed: Sign, examine: Examine) -> None:
    twice = urlencode({name: quote(value) for name, value in signed().items()})
    assert proven(examine(twice)) == [Cause.DOUBLE_ENCODED]


def test_a_whole_body_encoded_once_more(signed: Sign, examine: Examine) -> None:
    assert proven(examine(quote(urlencode(signed())))) == [Cause.DOUBLE_ENCODED]


def test_values_that_were_never_decoded(signed: Sign, examine: Examine) -> None:
    raw = dict(part.split("=", 1) for part in urlencode(signed()).split("&"))
    assert proven(examine(json.dumps(raw))) == [Cause.NOT_DECODED]


def test_values_signed_while_encoded(signed: Sign, examine: Examine) -> None:
    encoded = {name: quote(value, safe="") for name, value in FIELDS.items()}
    fields = signed(FIELDS, string=presign(encoded))
    assert proven(examine(urlencode(fields))) == [Cause.NOT_DECODED]


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "%0A"])
def test_something_blank_at_the_end(end: str, signed: Sign, examine: Examine) -> None:
    assert proven(examine(urlencode(signed()) + end)) == [Cause.BLANKS]


def test_a_body_that_was_wrapped(signed: Sign, examine: Examine) -> None:
    body = urlencode(signed())
    wrapped = "\n".join(body[at : at + 76] for at in range(0, len(body), 76))
    assert proven(examine(wrapped)) == [Cause.BLANKS]


def test_a_blank_in_a_value(signed: Sign, examine: Examine) -> None:
    fields = signed() | {"total_fee": "12.50 "}
    found = examine(urlencode(fields))
    assert proven(found) == [Cause.BLANKS]
    assert found.findings[0].about == "total_fee"


def test_html_escapes(signed: Sign, examine: Examine) -> None:
    assert proven(examine(urlencode(signed()).replace("&", "&amp;"))) == [Cause.HTML_ESCAPED]


def test_what_a_browser_makes_of_notify(signed: Sign, examine: Examine) -> None:
    """`&notify_id` on a page is shown as `¬ify_id`, and copied like that."""
    eaten = urlencode(signed()).replace("&not", "¬")
    assert proven(examine(eaten)) == [Cause.HTML_ESCAPED]


def test_two_causes_at_once(signed: Sign, examine: Examine) -> None:
    listed = {name: [value] for name, value in ({"shop": "3"} | signed()).items()}
    assert set(proven(examine(str(listed)))) == {Cause.LISTS, Cause.EXTRA_FIELD}


def test_three_causes_at_once(signed: Sign, examine: Examine) -> None:
    listed = {name: [quote(value) + "\n"] for name, value in signed().items()}
    found = proven(examine(json.dumps(listed)))
    assert set(found) == {Cause.LISTS, Cause.NOT_DECODED, Cause.BLANKS}


# ---- Keys and algorithms ------------------------------------------------------------------------


def _examined(
    fields: Fields, *keys: tuple[str, Whose, Any], sign_type: SignType = SignType.RSA2
) -> Diagnosis:
    council = KeyCouncil([KnownKey(*key) for key in keys])
    return diagnose(urlencode(fields), sign_type=sign_type, partner_id=PARTNER, council=council)


def _by(key: Any, sign_type: str = "") -> Fields:
    return {**FIELDS, "sign_type": sign_type or key.sign_type, "sign": sign(presign(FIELDS), key)}


def test_the_own_public_key_in_place_of_alipays(rsa2: RSAPair, ours: RSAPair) -> None:
    found = _examined(
        _by(rsa2.private),
        ("Alipay's", Whose.ALIPAYS, ours.public),
        ("our own", Whose.OWN, ours.public),
    )
    assert Cause.OWN_KEY in causes(found)
    assert [tried.fit for tried in found.tried] == [Fit.NOT, Fit.NOT]


def test_a_message_that_we_signed_ourselves(rsa2: RSAPair, ours: RSAPair) -> None:
    found = _examined(
        _by(ours.private),
        ("Alipay's", Whose.ALIPAYS, rsa2.public),
        ("our own", Whose.OWN, ours.public),
    )
    assert proven(found) == [Cause.SIGNED_BY_US]


def test_rsa_where_the_account_says_rsa2(rsa2: RSAPair) -> None:
    private = type(rsa2.private)(rsa2.private.pem, SignType.RSA)
    found = _examined(_by(private), ("Alipay's", Whose.ALIPAYS, rsa2.public))
    assert proven(found) == [Cause.OTHER_SIGN_TYPE]
    assert found.findings[0].about == "RSA"


def test_a_sign_type_that_names_another_than_was_used(rsa2: RSAPair) -> None:
    found = _examined(_by(rsa2.private, "MD5"), ("Alipay's", Whose.ALIPAYS, rsa2.public))
    assert proven(found) == [Cause.OTHER_SIGN_TYPE]


def test_md5_where_the_account_says_rsa2_and_has_no_secret(rsa2: RSAPair) -> None:
    found = _examined(_by(MD5), ("Alipay's", Whose.ALIPAYS, rsa2.public))
    assert (found.verdict, causes(found)) == (Verdict.SEEN, [Cause.OTHER_SIGN_TYPE])


@pytest.mark.parametrize(
    ("whose", "cause"),
    [(Whose.ANOTHER, Cause.OTHER_ACCOUNT), (Whose.RETIRED, Cause.RETIRED_KEY)],
)
def test_a_key_that_is_not_the_accounts_in_force(
    whose: Whose, cause: Cause, rsa2: RSAPair, stranger: RSAPair
) -> None:
    found = _examined(
        _by(rsa2.private),
        ("Alipay's", Whose.ALIPAYS, stranger.public),
        ("the right one", whose, rsa2.public),
    )
    assert proven(found) == [cause]
    assert found.findings[0].about == "the right one"


def test_the_secret_of_another_account() -> None:
    found = _examined(
        _by(OTHER_MD5),
        ("the secret", Whose.ALIPAYS, MD5),
        ("Hong Kong's", Whose.ANOTHER, OTHER_MD5),
        sign_type=SignType.MD5,
    )
    assert proven(found) == [Cause.OTHER_ACCOUNT]


def test_no_signature_at_all(examine: Examine) -> None:
    assert causes(examine(urlencode(FIELDS))) == [Cause.NO_SIGNATURE]


def test_a_signature_that_is_cut(signed: Sign, examine: Examine) -> None:
    fields = signed()
    fields["sign"] = fields["sign"][:-5]
    assert causes(examine(urlencode(fields))) == [Cause.DAMAGED_SIGNATURE]


# ---- Somebody's own string ----------------------------------------------------------------------


def _by_name(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()))


@pytest.mark.parametrize(
    ("write", "cause", "about"),
    [
        (lambda f: "&".join(f"{n}={v}" for n, v in f.items()), Cause.UNSORTED, ""),
        (lambda f: _by_name(f | {"sign_type": "MD5"}), Cause.SIGN_TYPE_SIGNED, "sign_type"),
        (lambda f: _by_name(f | {"body": ""}), Cause.EMPTY_SIGNED, ""),
        (lambda f: _by_name({n: quote(v, safe="") for n, v in f.items()}), Cause.NOT_DECODED, ""),
        (lambda f: _by_name({n: str([v]) for n, v in f.items()}), Cause.LISTS, ""),
        (lambda f: _by_name(f).replace("&", "&amp;"), Cause.HTML_ESCAPED, ""),
        (lambda f: _by_name(f) + "\n", Cause.BLANKS, ""),
        (lambda f: _by_name(f | {"shop": "3"}), Cause.EXTRA_FIELD, "shop"),
        (
            lambda f: _by_name({n: v for n, v in f.items() if n != "trade_no"}),
            Cause.MISSING_FIELD,
            "trade_no",
        ),
    ],
)
def test_the_mistake_in_ones_own_string_is_named(
    write: Callable[[Fields], str], cause: Cause, about: str
) -> None:
    fields = [
        (n.encode(), v.encode()) for n, v in (FIELDS | {"sign_type": "MD5", "body": ""}).items()
    ]
    plain = {name: value for name, value in FIELDS.items() if name != "subject"}
    fields = [pair for pair in fields if pair[0] != b"subject"]
    found = compare(write(plain), right=presign(plain).encode(), fields=fields)
    assert found.findings == (Finding(cause, about),)


def test_where_ones_own_string_departs_is_shown() -> None:
    own = presign(FIELDS).replace("total_fee=12.50", "total_fee=12.5")
    found = compare(own, right=presign(FIELDS).encode(), fields=[])
    assert found.own.startswith(found.right[:20])
    assert "total_fee=12.5&" in found.own
    assert "total_fee=12.50" in found.right


def test_ones_own_string_that_is_right_is_said_to_be() -> None:
    right = presign(FIELDS)
    assert compare(right, right=right.encode(), fields=[]).is_same


# ---- Where nothing can be told ------------------------------------------------------------------


def test_a_changed_amount_is_not_explained_away(signed: Sign, examine: Examine) -> None:
    found = examine(urlencode(signed() | {"total_fee": "99.50"}))
    assert (found.verdict, found.findings) == (Verdict.UNKNOWN, ())


def test_rsa_tells_that_the_signature_is_alipays_though_the_text_is_not(
    rsa2: RSAPair, council: KeyCouncil
) -> None:
    fields = _by(rsa2.private) | {"total_fee": "99.50"}
    found = diagnose(
        urlencode(fields), sign_type=SignType.RSA2, partner_id=PARTNER, council=council
    )
    assert found.verdict is Verdict.UNKNOWN
    assert found.is_genuine
    assert [tried.known.name for tried in found.tried if tried.fit is Fit.MADE_IT] == ["Alipay's"]


def test_a_strangers_signature_is_nobodys(rsa2: RSAPair, stranger: RSAPair) -> None:
    found = _examined(_by(stranger.private), ("Alipay's", Whose.ALIPAYS, rsa2.public))
    assert (found.verdict, found.is_genuine) == (Verdict.UNKNOWN, False)


@pytest.mark.parametrize("text", ["", " \n", "hello", "a=1", "{", "{}", "[1, 2]", "x" * 64_001])
def test_what_is_no_notification_is_said_to_be_none(text: str, examine: Examine) -> None:
    with pytest.raises(PastedUnreadable):
        examine(text)


@pytest.mark.parametrize(
    "text",
    [
        "&".join(f"f{at}=[['%25 + x']]" for at in range(190)) + "&sign=" + "0" * 32,
        "{" * 20_000 + "}" * 20_000 + " a=1&sign=2",
        "a=1&" * 15_000 + "sign=0",
        "sign: " + "A" * 60_000 + "\nb: 2",
        "(" * 30_000 + "{'a': " + "[" * 30_000,
        '"a=1' + "&a=" * 20_000,
        '{"sign": "\\ud800", "a": "b"}',
        "sign: \ud800\nb: 2",
        "a=\ud800&sign=\x00%ff",
    ],
)
def test_no_text_keeps_the_clinic_busy(text: str, examine: Examine) -> None:
    started = process_time()
    with suppress(PastedUnreadable):
        examine(text)
    assert process_time() - started < 20


def test_nothing_of_a_secret_is_in_what_is_told(signed: Sign, examine: Examine) -> None:
    found = examine(urlencode(signed() | {"total_fee": "99.50"}))
    assert MD5.secret not in repr(found)
