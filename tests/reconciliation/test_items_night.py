"""A day sold through the JSON API at the small Alipay, and its night: all agrees, or is named."""

from collections.abc import Iterable
from io import BytesIO

import pytest
from django.conf import LazySettings

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Kind
from reconciliation import services
from reconciliation.batches import batches_of
from reconciliation.models import Discrepancy, StatementFile
from reconciliation.states import FileState, Source
from refunds.states import RefundState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.keys import rsa_pair
from tests.reconciliation import books
from tests.reconciliation.books import cancelled, open_words, refunded, words
from tests.reconciliation.files import ACTOR
from tests.reconciliation.items import sold
from tests.simulator.json_shop import CLIENT, JSONShop, register
from tests.simulator.wire import Merchant

pytestmark = pytest.mark.usefixtures("midday", "nothing_breaks")
FAMILIES = ["A1", "A2"]


@pytest.fixture(scope="module")
def key_pair() -> tuple[str, str]:
    return rsa_pair()


@pytest.fixture
def shop(db: None, alipay: AlipaySide) -> Account:
    account = factories.account(
        alipay, fee_rate="0.006", client_id=CLIENT, json_url="http://127.0.0.1:1"
    )
    alipay.set_terms(account.partner_id, fee_rate="0.006")
    return account


@pytest.fixture
def till(shop: Account, alipay: AlipaySide, key_pair: tuple[str, str]) -> JSONShop:
    at_alipay = Merchant(url=alipay.url, http=alipay.http, partner=shop.partner_id)
    return register(at_alipay, key_pair, partner_id=shop.partner_id)


def sell(shop: Account, till: JSONShop, number: str) -> str:
    """A sale of 12.50, at Alipay and booked here; its payment id."""
    told = till.sell(paymentRequestId=number).members
    payment_id = str(told["paymentId"])
    sold(shop, number, 1250, alipay=payment_id, when=clock.now())
    return payment_id


def live(shop: Account, till: JSONShop) -> None:
    """Three sales; one is refunded in part, one cancelled."""
    payment_id = sell(shop, till, "SALE1")
    sell(shop, till, "SALE2")
    till.call("cancel", {"paymentId": sell(shop, till, "SALE3")})
    till.refund(payment_id, "BACK1", "500")
    payments = {each.partner_trans_id: each for each in shop.payments.all()}
    refunded(payments["SALE1"], "BACK1", 500, when=clock.now())
    cancelled(payments["SALE3"], when=clock.now())


def night(shop: Account, alipay: AlipaySide, *, kinds: Iterable[str] = ()) -> list[StatementFile]:
    """Alipay closes the day so far; its files are received, read and compared."""
    told = alipay.run_night(shop.partner_id)
    stored = [
        services.receive_file(
            BytesIO(alipay.file(shop.partner_id, each["name"])),
            name=each["name"],
            source=Source.UPLOAD,
            actor=ACTOR,
        )
        for each in told
        if not kinds or each["kind"] in kinds
    ]
    files = [services.read_file(file.pk) for file in stored]
    books.compare_due()
    return files


@pytest.mark.parametrize("family", FAMILIES)
def test_payments_refunds_and_cancels_all_agree(
    family: str, shop: Account, till: JSONShop, alipay: AlipaySide
) -> None:
    alipay.set_terms(shop.partner_id, item_family=family)
    live(shop, till)
    [file] = night(shop, alipay, kinds=["transaction"])
    assert (file.family, file.state, file.account) == (family, FileState.ACCEPTED, shop)
    today = clock.transaction_day(clock.now())
    assert words(shop, today) == ["MATCHED"] * 5
    assert not Discrepancy.objects.exists()


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_settled_is_stored_with_its_sums(
    family: str, shop: Account, till: JSONShop, alipay: AlipaySide
) -> None:
    alipay.set_terms(shop.partner_id, item_family=family, settlement_rule="same_day")
    live(shop, till)
    files = {file.document: file for file in night(shop, alipay)}
    assert {file.state for file in files.values()} == {FileState.ACCEPTED}
    assert {file.family for file in files.values()} == {family}
    paid_out = files["settlement"].lines.all()
    total = files["summary"].lines.get(kind="TOTAL")
    nets = [(line.net_minor or 0) * Kind(line.kind).direction for line in paid_out]
    assert (len(nets), total.net_minor) == (5, sum(nets))


@pytest.mark.parametrize(
    ("fault", "family", "expected"),
    [
        ("row_missing", "A1", {"MISSING_THEIRS"}),
        ("unknown_row", "A1", {"MISSING_OURS"}),
        ("duplicate_row", "A1", {"DUPLICATE_ROW"}),
        ("conflicting_duplicate", "A1", {"CONFLICTING_DUPLICATE"}),
        ("amount_changed", "A1", {"AMOUNT_MISMATCH"}),
        ("currency_changed", "A1", {"CURRENCY_MISMATCH"}),
        ("fee_changed", "A2", {"FEE_MISMATCH"}),
        ("extra_column", "A1", set()),
        ("changed_column_order", "A2", set()),
        ("crlf", "A1", set()),
        ("bom", "A1", set()),
        ("padded_ids", "A1", set()),
    ],
)
def test_a_fault_is_named_and_nothing_is_invented(
    *,
    fault: str,
    family: str,
    expected: set[str],
    shop: Account,
    till: JSONShop,
    alipay: AlipaySide,
) -> None:
    alipay.set_terms(shop.partner_id, item_family=family)
    for number in ("SALE1", "SALE2", "SALE3"):
        sell(shop, till, number)
    alipay.spoil_file(fault, kind="transaction")
    night(shop, alipay, kinds=["transaction"])
    assert set(open_words(shop)) == expected


def test_an_old_feed_is_not_taken_for_amounts_a_hundred_times_larger(
    shop: Account, till: JSONShop, alipay: AlipaySide
) -> None:
    alipay.set_terms(shop.partner_id, item_units="minor")
    live(shop, till)
    [file] = night(shop, alipay, kinds=["transaction"])
    assert (file.state, open_words(shop)) == (FileState.UNIT_SUSPECT, [])


def test_an_old_feed_agrees_once_it_is_said_to_be_one(
    shop: Account, till: JSONShop, alipay: AlipaySide, settings: LazySettings
) -> None:
    settings.STATEMENT_SMALLEST_UNITS = frozenset({shop.partner_id})
    alipay.set_terms(shop.partner_id, item_units="minor")
    live(shop, till)
    night(shop, alipay, kinds=["transaction"])
    assert words(shop, clock.transaction_day(clock.now())) == ["MATCHED"] * 5


def test_what_failed_stands_in_the_newest_file_and_counts_for_nothing(
    shop: Account, till: JSONShop, alipay: AlipaySide
) -> None:
    alipay.set_terms(shop.partner_id, item_family="A2")
    sell(shop, till, "SALE1")
    till.order()
    till.call("cancel", {"paymentRequestId": "OC2026112019550000012347"})
    [file] = night(shop, alipay, kinds=["transaction"])
    assert (file.state, file.row_count, file.set_aside_count) == (FileState.ACCEPTED, 1, 0)
    assert open_words(shop) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_refund_that_came_back_is_open_until_it_is_booked(
    family: str, shop: Account, till: JSONShop, alipay: AlipaySide
) -> None:
    alipay.set_terms(shop.partner_id, item_family=family)
    live(shop, till)
    alipay.return_refund("BACK1")
    [file] = night(shop, alipay, kinds=["transaction"])
    assert (file.set_aside_count, open_words(shop)) == (0, ["MISSING_OURS"])
    services.book_discrepancy(Discrepancy.objects.get(), note="", actor=ACTOR)
    assert shop.refunds.get().state == RefundState.RETURNED
    assert words(shop, clock.transaction_day(clock.now())) == ["MATCHED"] * 6


@pytest.mark.parametrize("family", FAMILIES)
def test_what_came_back_is_settled_and_adds_up(
    family: str, shop: Account, till: JSONShop, alipay: AlipaySide
) -> None:
    alipay.set_terms(shop.partner_id, item_family=family, settlement_rule="same_day")
    live(shop, till)
    alipay.return_refund("BACK1")
    files = {file.document: file for file in night(shop, alipay)}
    nets = {line.kind: line.net_minor for line in files["settlement"].lines.all()}
    assert nets["REFUND_REVERSAL"] == nets["REFUND"]
    [batch] = batches_of(files["settlement"])
    assert (batch.agrees, batch.total.lines.count) == (True, 6)


def test_a_batch_that_does_not_add_up_is_seen(
    shop: Account, till: JSONShop, alipay: AlipaySide
) -> None:
    alipay.set_terms(shop.partner_id, settlement_rule="same_day")
    live(shop, till)
    alipay.spoil_file("batch_sum_wrong", value="3")
    files = {file.document: file for file in night(shop, alipay)}
    [batch] = batches_of(files["summary"])
    assert (batch.agrees, abs(batch.total.difference.minor)) == (False, 300)


def test_a_refund_under_its_payments_number_is_the_one_we_made(
    shop: Account, till: JSONShop, alipay: AlipaySide
) -> None:
    alipay.set_terms(shop.partner_id, item_refund_ids="payment")
    live(shop, till)
    night(shop, alipay, kinds=["transaction"])
    assert words(shop, clock.transaction_day(clock.now())) == ["MATCHED"] * 5
    assert open_words(shop) == []
