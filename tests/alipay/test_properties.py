"""What holds for any fields and any bytes."""

import contextlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.answers import read_fields
from merchant_portal.alipay.cancels import CancelRequest, read_cancel_answer
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    KeyUnusable,
    NotificationUnreadable,
)
from merchant_portal.alipay.messages import parse_posted, read_notice, verify_posted
from merchant_portal.alipay.signing import (
    SignType,
    load_private_key_text,
    load_public_key_text,
    presign,
    sign,
    verifies,
)
from merchant_portal.alipay.xml_documents import DocumentUnreadable, read_document
from tests.alipay.gateways import answer_xml
from tests.alipay.rsa import make_rsa_pair
from tests.alipay.samples import ORDER, SAMPLE_KEY, sample_bytes
from tests.alipay.test_answers import exchange_of

FORM = "application/x-www-form-urlencoded"
RSA2 = make_rsa_pair(2048, SignType.RSA2)

names = st.text("abcXYZ_09", min_size=1, max_size=12).filter(
    lambda name: name not in {"sign", "sign_type"}
)


AWKWARD = "+&=% \"'<>/\\\n\t海旁面家环店éαЖ—·×"
gbk_letters = st.sampled_from(AWKWARD) | st.characters(max_codepoint=0x7F)
letters = {
    "utf-8": gbk_letters | st.characters(exclude_categories=["Cs"]),
    "gb18030": gbk_letters | st.characters(exclude_categories=["Cs"]),
    "gbk": gbk_letters,
}


@st.composite
def fields_and_codecs(draw: st.DrawFn) -> tuple[dict[str, str], str]:
    codec = draw(st.sampled_from(sorted(letters)))
    texts = st.text(letters[codec], max_size=30)
    return draw(st.dictionaries(names, texts, min_size=1, max_size=20)), codec


@given(fields_and_codecs())
def test_whatever_is_signed_and_posted_is_read_and_verifies(
    drawn: tuple[dict[str, str], str],
) -> None:
    fields, codec = drawn
    signed = fields | {"sign_type": "RSA2"}
    signed["sign"] = sign(presign(fields), RSA2.private, charset=codec)
    body = urlencode(signed, encoding=codec).encode("ascii")
    posted = parse_posted(body, content_type=f"{FORM}; charset={codec}")
    assert dict(posted.pairs) == signed
    assert verify_posted(posted, sign_type=SignType.RSA2, keys=[RSA2.public]) is RSA2.public


@given(fields_and_codecs(), st.data())
def test_one_changed_value_never_verifies(
    drawn: tuple[dict[str, str], str], chosen: st.DataObject
) -> None:
    fields, codec = drawn
    signature = sign(presign(fields), SAMPLE_KEY, charset=codec)
    name = chosen.draw(st.sampled_from(sorted(fields)))
    changed = fields | {name: fields[name] + "1"}
    assert not verifies(presign(changed), signature, SAMPLE_KEY, charset=codec)


@given(st.dictionaries(names, st.text(max_size=5)), st.data())
def test_the_order_of_fields_does_not_matter(fields: dict[str, str], chosen: st.DataObject) -> None:
    shuffled = chosen.draw(st.permutations(list(fields.items())))
    assert presign(shuffled) == presign(fields)


@given(st.text(max_size=400))
def test_no_text_is_a_signature_by_chance(text: str) -> None:
    assert verifies("a=1", text, RSA2.public) is False
    assert verifies("a=1", text, SAMPLE_KEY) is False


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode), st.text(max_size=60))
def test_any_body_is_read_or_refused(body: bytes, content_type: str) -> None:
    for kind in (content_type, FORM, f"{FORM}; charset=gbk"):
        try:
            posted = parse_posted(body, content_type=kind)
        except NotificationUnreadable:
            continue
        read_notice(posted)
        assert len(posted.digest) == 64
        assert verify_posted(posted, sign_type=SignType.MD5, keys=[SAMPLE_KEY]) is None


PIECES = rb"""<alipay> </alipay> <response> </response> <a> </a> <error>X</error> <sign> </sign>
<is_success>T</is_success> <is_success>F</is_success> & &amp; &#0; &#xD800; <![CDATA[ ]]> <!-- -->
<!DOCTYPE> <?xml ?> <?xml\tversion="1.0"\tencoding="GB18030"?> xxxxxxxxx""".split(b" ")
pieces = st.sampled_from([*b"\n".join(PIECES).split(b"\n"), b"<!DOCTYPE a>", b"\xff", b"\x81\x30"])
documents = st.binary(max_size=200) | st.lists(pieces, max_size=25).map(b"".join)


@given(documents)
def test_any_bytes_are_a_document_or_a_located_refusal(body: bytes) -> None:
    with contextlib.suppress(DocumentUnreadable):
        assert read_document(body, content_type="text/xml").root.name


def outcome_of(body: bytes) -> str:
    """How an answer is taken by an account whose key signed none of these."""
    exchange = exchange_of(body)
    try:
        read_fields(exchange, sign_type=SignType.RSA2, keys=[RSA2.public])
    except GatewayRefused as refused:
        return "signed refusal" if refused.signed else "unsigned refusal"
    except GatewayUnreachable:
        return "no answer"
    return "believed"


@given(documents, st.integers(0, 700), st.binary(max_size=5))
def test_nothing_is_believed_without_a_signature(body: bytes, place: int, noise: bytes) -> None:
    sample = sample_bytes("14-query-response-notfound.xml")
    mangled = sample[:place] + noise
    for received in (body, mangled, mangled + sample[place:], mangled + sample[place + 1 :]):
        assert outcome_of(received) in {"unsigned refusal", "no answer"}


def cancel_of(body: bytes) -> str:
    """What a cancel of the sample's payment takes these bytes for."""
    request = CancelRequest(partner_trans_id=ORDER)
    exchange = exchange_of(body)
    try:
        answer = read_cancel_answer(exchange, request, sign_type=SignType.MD5, keys=[SAMPLE_KEY])
    except GatewayRefused as refused:
        return "signed refusal" if refused.signed else "unsigned refusal"
    except GatewayUnreachable:
        return "no answer"
    return answer.action


@given(st.integers(0, 1500), st.binary(max_size=3), st.integers(0, 3))
def test_no_harm_on_the_way_turns_one_cancel_into_another(
    place: int, noise: bytes, lost: int
) -> None:
    sample = sample_bytes("23-cancel-response-closed.xml")
    harmed = sample[:place] + noise + sample[place + lost :]
    assert cancel_of(sample) == "close"
    assert cancel_of(harmed) in {"close", "unsigned refusal", "no answer"}


xml_texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=20)


@given(st.dictionaries(names.filter(lambda n: not n[0].isdigit()), xml_texts, max_size=8))
def test_any_signed_answer_is_read_back_in_every_encoding(fields: dict[str, str]) -> None:
    for encoding in ("UTF-8", "GB18030"):
        document = read_document(
            answer_xml(fields, SAMPLE_KEY, encoding=encoding), content_type="text/xml"
        )
        response = document.root.child("response")
        assert response is not None
        assert {c.name: c.text for c in response.children[0].children} == fields


@given(st.text(max_size=200) | st.text("ABCM=+/\n -", max_size=200))
def test_any_text_that_is_no_key_is_refused_as_such(text: str) -> None:
    for load in (load_public_key_text, load_private_key_text):
        with pytest.raises(KeyUnusable):
            load(text)
