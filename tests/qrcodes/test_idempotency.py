"""A caller's own key for one write: the same request again makes nothing new."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from qrcodes.errors import KeyReused
from qrcodes.models import IdempotencyKey, Merchant
from qrcodes.services.idempotency import RequestKey, found, recall, remember


def _request(*, owner: str = "person:7", amount: str = "20.00") -> RequestKey:
    return RequestKey.over(owner=owner, key="k1", verb="refund", payment=3, amount=amount)


def _merchant(number: str = "M1") -> Merchant:
    return Merchant.objects.create(secondary_merchant_id=number, name=number, mcc="5812")


def test_an_unknown_key_has_made_nothing(db: None) -> None:
    assert recall(_request()) is None


def test_the_same_request_again_finds_what_it_made(db: None) -> None:
    made = _merchant()
    remember(_request(), made)
    assert recall(_request()) == made.pk


def test_the_same_key_for_something_else_is_refused(db: None) -> None:
    remember(_request(), _merchant())
    with pytest.raises(KeyReused, match="something else"):
        recall(_request(amount="30.00"))


def test_the_same_key_with_another_verb_is_refused(db: None) -> None:
    remember(_request(), _merchant())
    other = RequestKey.over(owner="person:7", key="k1", verb="cancel", payment=3, amount="20.00")
    with pytest.raises(KeyReused):
        recall(other)


def test_another_callers_key_of_the_same_text_is_another_key(db: None) -> None:
    remember(_request(), _merchant())
    assert recall(_request(owner="key:7")) is None


def test_the_order_of_what_is_said_does_not_matter() -> None:
    one = RequestKey.over(owner="a", key="k", verb="v", amount="1.00", note="x")
    other = RequestKey.over(owner="a", key="k", verb="v", note="x", amount="1.00")
    assert one == other


def test_a_write_that_is_rolled_back_leaves_its_key_free(db: None) -> None:
    with transaction.atomic():
        remember(_request(), _merchant())
        transaction.set_rollback(True)
    assert recall(_request()) is None


def test_a_key_taken_meanwhile_refuses_what_came_second(db: None) -> None:
    remember(_request(), _merchant())
    with pytest.raises(KeyReused):
        remember(_request(amount="30.00"), _merchant("M2"))
    made = found(owner="person:7", key="k1")
    assert made is not None
    assert (made.target_type, made.fingerprint) == ("merchant", _request().fingerprint)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time.")
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_makes_something() -> None:
    """Each asks for something else with the same key, as a broken program would."""
    hands = 4
    gate = Barrier(hands)

    def ask(number: int) -> bool:
        try:
            with transaction.atomic():
                made = _merchant(f"M{number}")
                gate.wait(timeout=10)
                remember(_request(amount=f"{number}.00"), made)
        except KeyReused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(hands) as pool:
        results = list(pool.map(ask, range(hands)))
    assert sorted(results) == [False, False, False, True]
    assert IdempotencyKey.objects.get().target_id == Merchant.objects.get().pk
