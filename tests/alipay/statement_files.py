"""The sample files in tests/samples/statements, and short files made on the spot."""

from io import BytesIO
from pathlib import Path

from merchant_portal.alipay.statements import Outcome, Problem, Row, Statement, read_statement

FOLDER = Path(__file__).parent.parent / "samples" / "statements"
PARTNER = "2088000000000001"
NAME = f"{PARTNER}_transaction_20240315.txt"
SETTLEMENT_NAME = f"{PARTNER}_settlement_20240318.txt"
FIRST = f"Partner:{PARTNER}|Payment_time: 2024-03-15|Total_count:"
COLUMNS = (
    "Partner_transaction_id|Transaction_id|Transaction_amount|Charge_amount|Currency|Payment_time|"
    "Transaction_type|Remark|Operator_name|Trans_currency|Trans_amount"
)
SETTLEMENT_COLUMNS = (
    "Partner_transaction_id|Transaction_id|Amount|Rmb_amount|Fee|Settlement|Currency|"
    "Payment_time|Settlement_time|Type|Status"
)
ROW = "A1|2024|12.50|0.10|AUD|2024-03-15 09:12:44|PAYMENT|table 6|Noodle Bar|USD|8.00"
SETTLED = "A1|2024|12.50|60|0.10|12.40|AUD|2024-03-15 09:12:44|2024-03-18 15:46:00|P|L"
ITEM_NAME = "transactionItems_20240315_000.csv"
ITEM_COLUMNS = (
    "customerId,referenceMerchantId,transactionId,originalTransactionId,transactionRequestId,"
    "orderDescription,paymentMethodType,transactionType,paymentTime,productCode,"
    "transactionAmountValue,transactionCurrency"
)
ITEM = (
    "1022188000000000001,,2024A1,,A1,Tea,ALIPAY_CN,PAYMENT,2024-03-15T10:00:00+08:00,"
    "IN_STORE_PAYMENT,8.00,USD"
)
SETTLED_ITEM_NAME = "settlementItems_USD_2024031811021040123_000.csv"
SETTLED_ITEM_COLUMNS = (
    "settlementBatchId,customerId,referenceMerchantId,transactionId,transactionRequestId,"
    "transactionType,paymentTime,settlementTime,transactionAmountValue,transactionCurrency,"
    "settlementAmountValue,settlementCurrency,feeAmountValue,feeCurrency,processingFeeAmountValue,"
    "processingFeeCurrency"
)
SETTLED_ITEM = (
    "2024031811021040123,1022188000000000001,,2024A1,A1,PAYMENT,2024-03-15T10:00:00+08:00,"
    "2024-03-18T10:00:00+08:00,8.00,USD,7.80,USD,-0.15,USD,-0.05,USD"
)
SUM_NAME = "settlementSummary_USD_2024031811021040123_000.csv"
SUM_COLUMNS = (
    "settlementBatchId,customerId,summaryType,settlementTime,count,settlementAmountValue,"
    "settlementCurrency,feeAmountValue,feeCurrency"
)
NEWEST_COLUMNS = (
    "customerId,PSP,transactionType,transactionId,transactionRequestId,"
    "originalTransactionRequestId,wallet,status,transactionUpdateTime,transactionCompletionTime,"
    "transactionAmountValue,transactionCurrency,settlementAmountValue,settlementCurrency,"
    "paymentMethodFeeAmountValue,paymentMethodFeeCurrency"
)
NEWEST = (
    "1022188000000000001,Antom,PAYMENT,2024A1,A1,,ALIPAY_CN,SUCCESS,2024-03-15T10:00:00+08:00,"
    "2024-03-15T10:00:00+08:00,8.00,USD,7.90,USD,-0.10,USD"
)
END = "<END>"


def sample(name: str) -> Path:
    return next(FOLDER.rglob(name))


def read_sample(name: str) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    return read_all(read_statement(sample(name), name=name))


def read_text(
    *lines: str, name: str = NAME, charset: str = "utf-8"
) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    return read_bytes("\n".join((*lines, "")).encode(charset), name=name)


def read_day(*rows: str, **given: str) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    """A transaction file with these lines, which it counts rightly."""
    return read_text(f"{FIRST}{len(rows)}", COLUMNS, *rows, **given)


def read_settled(*rows: str) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    return read_text(SETTLEMENT_COLUMNS, *rows, name=SETTLEMENT_NAME)


def read_bytes(
    body: bytes, *, name: str = NAME
) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    return read_all(read_statement(BytesIO(body), name=name))


def read_all(statement: Statement) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    reading = statement.read()
    rows: list[Row] = []
    set_aside: list[Problem] = []
    for line in reading:
        if isinstance(line, Row):
            rows.append(line)
        else:
            set_aside.append(line)
    return statement, rows, set_aside, reading.outcome


def read_items(*rows: str) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    """A transaction file of family A1 with these lines."""
    return read_text(ITEM_COLUMNS, *rows, END, name=ITEM_NAME)


def read_settled_items(*rows: str) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    return read_text(SETTLED_ITEM_COLUMNS, *rows, END, name=SETTLED_ITEM_NAME)


def read_sums(*rows: str) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    """A summary; each of its lines is given from its type on."""
    head = "2024031811021040123,1022188000000000001"
    return read_text(SUM_COLUMNS, *(f"{head},{row}" for row in rows), END, name=SUM_NAME)


def read_newest(*rows: str) -> tuple[Statement, list[Row], list[Problem], Outcome]:
    """A transaction file of family A2 with these lines."""
    return read_text(NEWEST_COLUMNS, *rows, END, name=ITEM_NAME)
