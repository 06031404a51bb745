"""A wrong key at go-live loses nothing: what did not verify is verified again."""

from datetime import timedelta

import pytest
from django.test import Client

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account
from merchant_portal.tasks import verify_quarantine
from merchant_portal.verifying import find_breaches
from payments.models import LedgerEntry, Notification, Payment, Quarantined
from qrcodes.models import Counter
from tests import factories
from tests.intake.conftest import make_account, make_code
from tests.intake.wire import Postman, paid_fields, signed

ALIPAYS_KEY = factories.TEST_MD5_KEY
WRONG_KEY = "testkey1only1for1tests1testkey11"


@pytest.fixture
def wrongly_keyed(counter: Counter) -> Account:
    return make_account(factories.GLOBAL_PARTNER, region="global", currency="USD", key=WRONG_KEY)


@pytest.fixture
def postman(client: Client, wrongly_keyed: Account, counter: Counter) -> Postman:
    return Postman(client, make_code(wrongly_keyed, counter))


def honest(postman: Postman, number: int, **changes: str) -> str:
    """The body of one of five honest notices."""
    numbers = {"trade_no": f"T{number}", "out_trade_no": f"O{number}", "notify_id": f"N{number}"}
    return signed(paid_fields(postman.code, **numbers, **changes), key=ALIPAYS_KEY)


def test_exactly_the_five_become_payments_without_being_sent_again(
    postman: Postman, wrongly_keyed: Account
) -> None:
    assert [postman.post(honest(postman, number)) for number in range(5)] == ["fail"] * 5
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    verify_quarantine()
    assert sorted(Payment.objects.values_list("alipay_trans_id", flat=True)) == [
        f"T{number}" for number in range(5)
    ]
    assert LedgerEntry.objects.count() == 5
    assert not Quarantined.objects.held().exists()
    assert find_breaches() == []


def test_resends_meanwhile_double_nothing(postman: Postman, wrongly_keyed: Account) -> None:
    for time in ("2026-11-20 19:50:05", "2026-11-20 19:52:05"):
        for number in range(5):
            assert postman.post(honest(postman, number, notify_time=time)) == "fail"
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    assert postman.post(honest(postman, 3, notify_time="2026-11-20 20:02:05")) == "success"
    verify_quarantine()
    assert (Payment.objects.count(), LedgerEntry.objects.count()) == (5, 5)
    assert Notification.objects.get(notify_id="N3").received_count == 3


def test_what_still_does_not_verify_stays(postman: Postman, wrongly_keyed: Account) -> None:
    postman.post(signed(paid_fields(postman.code), key="testkey2only2for2tests2testkey22"))
    postman.post(honest(postman, 1))
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    verify_quarantine()
    assert Quarantined.objects.held().count() == 1
    assert Payment.objects.count() == 1


def test_a_key_put_back_in_force_releases_too(postman: Postman, wrongly_keyed: Account) -> None:
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    right = wrongly_keyed.keys.order_by("id").last()
    assert right is not None
    accounts.retire_key(right, actor=factories.ACTOR)
    assert postman.post(honest(postman, 1)) == "fail"
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    verify_quarantine()
    assert Payment.objects.count() == 1


def test_a_retired_key_stops_verifying_at_once(postman: Postman, wrongly_keyed: Account) -> None:
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    assert postman.post(honest(postman, 1)) == "success"
    right = wrongly_keyed.keys.order_by("id").last()
    assert right is not None
    accounts.retire_key(right, actor=factories.ACTOR)
    assert postman.post(honest(postman, 2)) == "fail"


def test_what_was_written_just_after_the_change_is_checked_too(
    postman: Postman, wrongly_keyed: Account
) -> None:
    """A request may have read the keys before the change and write its row after it."""
    postman.post(honest(postman, 1))
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    Quarantined.objects.update(checked_at=clock.now() + timedelta(seconds=5))
    verify_quarantine()
    assert Payment.objects.count() == 1


def test_without_a_change_of_keys_nothing_is_checked(
    postman: Postman, wrongly_keyed: Account
) -> None:
    postman.post(honest(postman, 1))
    Account.objects.update(keys_changed_at=clock.now() - timedelta(days=1))
    assert not Quarantined.objects.to_verify_again().exists()


def test_another_sign_type_is_a_change_of_keys(postman: Postman, wrongly_keyed: Account) -> None:
    accounts.save_account(
        partner_id=wrongly_keyed.partner_id,
        region=wrongly_keyed.region,
        actor=factories.ACTOR,
        terms={"sign_type": "RSA2"},
    )
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    assert postman.post(honest(postman, 1)) == "fail"
    Account.objects.update(keys_changed_at=clock.now() - timedelta(days=1))
    accounts.save_account(
        partner_id=wrongly_keyed.partner_id,
        region=wrongly_keyed.region,
        actor=factories.ACTOR,
        terms={"sign_type": "MD5"},
    )
    verify_quarantine()
    assert Payment.objects.count() == 1


def test_a_body_that_does_not_open_holds_up_no_other(
    postman: Postman, wrongly_keyed: Account
) -> None:
    postman.post(honest(postman, 1))
    postman.post(honest(postman, 2))
    first = Quarantined.objects.order_by("id")[0]
    Quarantined.objects.filter(pk=first.pk).update(sealed_body=b"damaged")
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    verify_quarantine()
    assert Payment.objects.get().alipay_trans_id == "T2"


def test_a_master_key_that_does_not_open_the_keys_loses_nothing(
    postman: Postman, wrongly_keyed: Account
) -> None:
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    Account.objects.update(keys_changed_at=clock.now() - timedelta(days=30))
    sealed = list(wrongly_keyed.keys.values_list("pk", "sealed"))
    wrongly_keyed.keys.update(sealed=b"sealed with another master key")
    assert postman.post(honest(postman, 1)) == "fail"
    verify_quarantine()
    for pk, value in sealed:
        wrongly_keyed.keys.filter(pk=pk).update(sealed=value)
    verify_quarantine()
    assert Payment.objects.count() == 1


def test_a_key_that_does_not_open_hides_no_key_that_does(
    postman: Postman, wrongly_keyed: Account
) -> None:
    wrongly_keyed.keys.update(sealed=b"sealed with another master key")
    factories.add_md5_key(wrongly_keyed, ALIPAYS_KEY)
    assert postman.post(honest(postman, 1)) == "success"
    assert not Quarantined.objects.exists()
