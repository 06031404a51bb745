"""How counters are known at Alipay, and until when that may change."""

import pytest

from merchant_portal.accounts.models import Account
from qrcodes import services as codes
from qrcodes.errors import EnrolmentFrozen, EnrolmentRefused, PlaceRefused, StoreIdTaken
from qrcodes.models import Enrolment, QRCode, Store
from qrcodes.states import CodeState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

CREATE = "alipay.commerce.qrcode.create"


def _change(enrolment: Enrolment, **terms: object) -> Enrolment:
    return codes.change_enrolment(enrolment, terms=terms, actor=ACTOR)


def test_a_counter_is_known_by_its_stores_code_and_its_own(enrolment: Enrolment) -> None:
    assert enrolment.alipay_store_id == "PIER3-C1"
    assert enrolment.secondary_merchant_id == "HARBOUR"


def test_enrolling_twice_changes_nothing(enrolment: Enrolment) -> None:
    assert enrolment.counter
    again = codes.enrol_counter(enrolment.counter, account=enrolment.account, actor=ACTOR)
    assert again == enrolment


def test_the_store_id_may_change_before_the_first_create(
    enrolment: Enrolment, alipay: AlipaySide
) -> None:
    codes.send_code(codes.make_code(_change(enrolment, alipay_store_id="TILL-7"), actor=ACTOR))
    assert alipay.books("codes")[0]["biz_data"]["store_id"] == "TILL-7"


@pytest.mark.parametrize(
    "terms", [{"alipay_store_id": "TILL-7"}, {"pricing_currency": "HKD"}, {"known_at_alipay": True}]
)
def test_what_says_which_code_it_is_is_frozen_afterwards(
    code: QRCode, terms: dict[str, object]
) -> None:
    with pytest.raises(EnrolmentFrozen):
        _change(code.enrolment, **terms)


def test_a_create_without_an_answer_freezes_too(asked: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("done_but_no_answer", service=CREATE, times=1)
    codes.send_code(asked)
    asked.enrolment.refresh_from_db()
    assert asked.enrolment.frozen_at is not None


def test_a_plain_refusal_leaves_the_store_id_open(asked: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("refused", "ILLEGAL_ARGUMENT", service=CREATE, times=1)
    codes.send_code(asked)
    assert _change(asked.enrolment, alipay_store_id="TILL-7").alipay_store_id == "TILL-7"


def test_the_settlement_currency_changes_by_modify(code: QRCode, alipay: AlipaySide) -> None:
    _change(code.enrolment, settlement_currency="CNY")
    code.refresh_from_db()
    assert codes.send_code(code).state == CodeState.ACTIVE
    assert alipay.books("codes")[0]["biz_data"]["currency"] == "CNY"


def test_two_counters_cannot_share_a_store_id(enrolment: Enrolment, store: Store) -> None:
    other = codes.enrol_counter(
        factories.counter(store, number=2), account=enrolment.account, actor=ACTOR
    )
    with pytest.raises(StoreIdTaken):
        _change(other, alipay_store_id=enrolment.alipay_store_id)


def test_a_default_store_id_that_is_taken_is_refused(
    enrolment: Enrolment, store: Store, account: Account
) -> None:
    _change(enrolment, alipay_store_id="PIER3-C2")
    with pytest.raises(StoreIdTaken):
        codes.enrol_counter(factories.counter(store, number=2), account=account, actor=ACTOR)


def test_an_unknown_term_is_refused(enrolment: Enrolment) -> None:
    with pytest.raises(EnrolmentRefused):
        _change(enrolment, account_id=99)


def test_one_counter_is_known_under_two_accounts(
    account: Account, hk_account: Account, alipay: AlipaySide
) -> None:
    counter = factories.counter(factories.store(currency="HKD"))
    codes.send_code(
        codes.make_code(codes.enrol_counter(counter, account=hk_account, actor=ACTOR), actor=ACTOR)
    )
    terms = {"settlement_currency": "CNY"}
    enrolment = codes.enrol_counter(counter, account=account, actor=ACTOR)
    codes.send_code(codes.make_code(_change(enrolment, **terms), actor=ACTOR))
    assert len({code["qrcode"] for code in alipay.books("codes")}) == 2
    assert QRCode.objects.filter(state=CodeState.ACTIVE).count() == 2


def test_codes_of_stores_and_counters_are_fixed(store: Store) -> None:
    counter = factories.counter(store)
    with pytest.raises(PlaceRefused):
        codes.change_store(store, terms={"code": "PIER4"}, actor=ACTOR)
    with pytest.raises(PlaceRefused):
        codes.change_counter(counter, terms={"code": "C9"}, actor=ACTOR)


def test_a_code_that_is_taken_is_refused(store: Store) -> None:
    factories.counter(store)
    with pytest.raises(PlaceRefused):
        codes.add_counter(store=store, terms={"code": "C1", "name": "Again"}, actor=ACTOR)
