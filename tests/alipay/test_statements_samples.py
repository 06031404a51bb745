"""Every sample file gives what its README says of it."""

from collections import Counter

import pytest

from merchant_portal.alipay.statements import Document, Family, FileState, Kind, Row
from tests.alipay.statement_files import FOLDER, read_sample

G, H = Family.GLOBAL_IN_STORE, Family.HK_IN_STORE
A1, A2, H_ON = Family.AMS_FIRST, Family.AMS_NEWEST, Family.HK_ONLINE
DAY, PAID_OUT, SUMS = Document.TRANSACTION, Document.SETTLEMENT, Document.SUMMARY
OK, OTHER_COUNT = FileState.ACCEPTED, FileState.COUNT_MISMATCH

READ = {
    "instore_global_transaction_3rows.txt": (G, DAY, OTHER_COUNT, 3),
    "instore_global_transaction_4rows_older_doc.txt": (G, DAY, OK, 4),
    "instore_hk_transaction.txt": (H, DAY, OTHER_COUNT, 3),
    "instore_global_settlement.txt": (G, PAID_OUT, OK, 1),
    "2088000000000001_transaction_20240315.txt": (G, DAY, OK, 13),
    "2088000000000001_transaction_20240316.txt": (G, DAY, OK, 7),
    "2088000000000001_transaction_20240317.txt": (G, DAY, OK, 4),
    "2088000000000001_settlement_20240318.txt": (G, PAID_OUT, OK, 24),
    "2088000000000002_transaction_20240315.txt": (H, DAY, OK, 8),
    "2088000000000002_settlement_20240318.txt": (H, PAID_OUT, OK, 8),
    "2088000000000003_transaction_20240315.txt": (G, DAY, OK, 5),
    "2088000000000003_settlement_20240318.txt": (G, PAID_OUT, OK, 5),
    "ams_transactionItems_20181225_000.csv": (A1, DAY, OK, 2),
    "ams_transactionItems_no_transactions.csv": (A1, DAY, OK, 0),
    "ams_settlementSummary_KaKaoPay_USD_0000000000000000000_000.csv": (A1, SUMS, OK, 0),
    "ams_settlementSummary_KaKaoPay_USD_2018122611021040123_000.csv": (A1, SUMS, OK, 3),
    "transactionItems_20240315_000.csv": (A1, DAY, OK, 4),
    "transactionItems_20240315_001.csv": (A1, DAY, OK, 3),
    "settlementItems_USD_2024031811021040123_000.csv": (A1, PAID_OUT, OK, 8),
    "settlementSummary_USD_2024031811021040123_000.csv": (A1, SUMS, OK, 5),
    "newest_layout_transaction_details_20240315.csv": (A2, DAY, OK, 2),
}
REFUSED = {
    "online_global_transaction_with_split.txt": None,
    "online_global_settlement_with_split.txt": None,
    "hk_online_settlebatch.csv": H_ON,
    "hk_online_fptrade_first_row.csv": H_ON,
    "hk_openapi_settle_first_row.csv": H_ON,
    "ALIPAY_SETTLEMENT_SUMMARY_CNY_20160730.csv": None,
    "ALIPAY_TRANSACTION_DETAIL_CNY_20160730.csv": None,
    "2088000000000004_20240318.zip": H_ON,
}
SETTLED = {"0001": 994_082_555, "0002": 34_224, "0003": 101_383}


def test_no_sample_is_left_out() -> None:
    ours = {"README.md", "own_ledger_2088000000000001.csv"}
    files = {path.name for path in FOLDER.rglob("*") if path.is_file()} - ours
    assert files == READ.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", READ)
def test_a_file_of_an_in_store_product_is_read(name: str) -> None:
    statement, rows, set_aside, outcome = read_sample(name)
    found = (statement.family, statement.document, outcome.state, len(rows))
    assert found == READ[name]
    assert set_aside == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_of_another_product_is_recognised_and_refused(name: str) -> None:
    statement, rows, _, outcome = read_sample(name)
    assert (statement.family, outcome.state, rows) == (
        REFUSED[name],
        FileState.UNKNOWN_LAYOUT,
        [],
    )


@pytest.mark.parametrize("merchant", SETTLED)
def test_what_was_settled_adds_up(merchant: str) -> None:
    _, rows, _, _ = read_sample(f"208800000000{merchant}_settlement_20240318.txt")
    assert sum(row.kind.direction * (row.net_minor or 0) for row in rows) == SETTLED[merchant]
    assert all(row.net_agrees for row in rows)


def test_the_lines_of_a_day_and_of_its_settlement_are_the_same_events() -> None:
    days = [
        row
        for day in ("20240315", "20240316", "20240317")
        for row in read_sample(f"2088000000000001_transaction_{day}.txt")[1]
    ]
    _, settled, _, _ = read_sample("2088000000000001_settlement_20240318.txt")
    assert Counter(map(event, days)) == Counter(map(event, settled))


def event(row: Row) -> tuple[str, int, int, int | None]:
    return row.alipay_trans_id, row.kind.direction, row.amount_minor, row.fee_minor


def test_every_type_has_its_kind() -> None:
    _, rows, _, _ = read_sample("2088000000000001_transaction_20240315.txt")
    kinds = {row.type_word: row.kind for row in rows}
    assert kinds == {
        "PAYMENT": Kind.PAYMENT,
        "CANCEL": Kind.CANCEL,
        "REVERSAL": Kind.CANCEL,
        "REFUND": Kind.REFUND,
    }
