"""Signing proven by fixed vectors, published and made up (tests/samples/alipay/README.md)."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from merchant_portal.alipay.answers import _wrapper_fields
from merchant_portal.alipay.signing import MD5Key, presign, sign, verifies
from merchant_portal.alipay.xml_documents import read_document
from tests.alipay.samples import (
    SAMPLE_KEY,
    Vector,
    answer_files,
    on_the_wire,
    request_files,
    sample_bytes,
    vector_of,
    vectors,
    verifying_key,
)

EVERY = vectors()
NAMES = [f"{number}-{vector.get('file') or vector['kind']}" for number, vector in enumerate(EVERY)]


@pytest.mark.parametrize("vector", EVERY, ids=NAMES)
def test_every_vector_verifies(vector: Vector) -> None:
    key = verifying_key(vector)
    assert verifies(vector["pre_sign"], vector["sign"], key, charset=vector["charset"])


@pytest.mark.parametrize("vector", EVERY, ids=NAMES)
def test_no_vector_verifies_with_one_letter_changed(vector: Vector) -> None:
    changed = vector["pre_sign"].replace("=", ":", 1)
    key = verifying_key(vector)
    assert not verifies(changed, vector["sign"], key, charset=vector["charset"])


@pytest.mark.parametrize("vector", [vector for vector in EVERY if "key" in vector])
def test_every_md5_vector_is_signed_the_same(vector: Vector) -> None:
    signature = sign(vector["pre_sign"], MD5Key(vector["key"]), charset=vector["charset"])
    assert signature == vector["sign"]


def test_there_are_as_many_vectors_as_were_published_and_made() -> None:
    assert len(EVERY) == 42


@pytest.mark.parametrize("file", request_files())
def test_a_request_on_the_wire_gives_its_pre_sign_string(file: str) -> None:
    address, _, rest = on_the_wire(file).partition("\n")
    query = urlsplit(address.split(" ", 1)[1]).query
    body = rest.splitlines()[-1] if rest else ""
    fields = dict(parse_qsl(query)) | dict(parse_qsl(body))
    assert presign(fields) == vector_of(file)["pre_sign"]


@pytest.mark.parametrize("file", answer_files())
def test_the_children_of_an_answers_wrapper_give_its_pre_sign_string(file: str) -> None:
    document = read_document(sample_bytes(file), content_type="text/xml")
    text = presign(_wrapper_fields(document.root))
    assert text == vector_of(file)["pre_sign"]
    assert verifies(text, document.root.child_text("sign"), SAMPLE_KEY)
