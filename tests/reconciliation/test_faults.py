"""What may be wrong with a file's rows at Alipay, in both regions: found, and named rightly."""

import pytest

from merchant_portal.accounts.models import Account
from reconciliation.models import Discrepancy
from tests import factories
from tests.alipay_side import AlipaySide
from tests.reconciliation import nights

pytestmark = pytest.mark.usefixtures("midday", "nothing_breaks")
REGIONS = [("global", "USD"), ("hk", "HKD")]


@pytest.fixture(params=REGIONS, ids=lambda each: each[0])
def sold(
    request: pytest.FixtureRequest, alipay: AlipaySide, carry: nights.Carry, db: None
) -> Account:
    """An account with three payments of today."""
    region, currency = request.param
    account = factories.account(alipay, region=region, fee_rate="0.006")
    alipay.set_terms(account.partner_id, fee_rate="0.006")
    nights.pay(account, currency, alipay, carry)
    return account


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("row_missing", {"MISSING_THEIRS"}),
        ("unknown_row", {"MISSING_OURS"}),
        ("duplicate_row", {"DUPLICATE_ROW"}),
        ("conflicting_duplicate", {"CONFLICTING_DUPLICATE"}),
        ("amount_changed", {"AMOUNT_MISMATCH"}),
        ("fee_changed", {"FEE_MISMATCH"}),
        ("currency_changed", {"CURRENCY_MISMATCH"}),
        ("padded_ids", set()),
        ("extra_column", set()),
        ("changed_column_order", set()),
        ("gbk", set()),
        ("crlf", set()),
        ("bom", set()),
        ("wrong_count", set()),
    ],
)
def test_a_fault_is_found_and_named_and_nothing_is_invented(
    fault: str, words: set[str], sold: Account, alipay: AlipaySide
) -> None:
    alipay.spoil_file(fault, kind="transaction")
    nights.compare_night(sold, alipay)
    found = Discrepancy.objects.open().values_list("word", flat=True)
    assert set(found) == words
