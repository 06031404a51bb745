"""Which comma file it is: those of the JSON products are read, those of other products named.

Pages: global.alipay.com/docs/ac/ams/transactionitems_online and /settlementitems_online (family
A1), docs.antom.com/ac/reconcile/transaction_details, /settlement_details and /settlement_summary
(family A2). Which columns stand on SFTP is agreed per merchant, and they come in any order.
"""

from merchant_portal.alipay.statements.csv_rows import OpenQuote, values_of
from merchant_portal.alipay.statements.layouts import (
    Layout,
    LayoutUnknown,
    canonical,
    refuse_twice,
)
from merchant_portal.alipay.statements.words import Document, Family, Reason

TYPE = ("transactiontype", "summarytype")
NUMBER = ("transactionid",)
REQUEST_NUMBER = ("transactionrequestid",)
ORIGINAL_NUMBER = ("originaltransactionid",)
ORIGINAL_REQUEST_NUMBER = ("originaltransactionrequestid",)
BATCH = ("settlementbatchid",)
MERCHANT = ("customerid",)
COUNT = ("count",)
AMOUNT = ("transactionamountvalue",)
CURRENCY = ("transactioncurrency",)
NET = ("settlementamountvalue",)
NET_CURRENCY = ("settlementcurrency",)
STATUS = ("status",)
# The newest columns have three times; that of completion is the one of the event.
OCCURRED = ("paymenttime", "transactioncompletiontime")
UPDATED = ("transactionupdatetime",)
SETTLED = ("settlementtime", "settlementinitiateddate")

_FEES = {
    **{
        f"{name}feeamountvalue": f"{name}feecurrency"
        for name in (
            *("", "tax", "paymentmethod", "interchange", "scheme", "processing", "refund"),
            *("financing", "rdr", "anticipation", "riskdecisionservice", "riskmanagement", "cdrn"),
            *("iof", "rtauservice", "ntservice", "revenueboosterservice"),
        )
    },
    "acquirermarkupamountvalue": "acquirermarkupcurrency",
    "disputehandlingfee": "disputehandlingfeecurrency",
    "disputereversefee": "disputereversefeecurrency",
    "withholdingtaxamountvalue": "withholdingtaxfeecurrency",
    "fxfeeamountvalue": "fxfeeamountcurrency",
}
"""Each column of a fee with that of its currency; their names do not all follow one pattern."""

_DETAILS = frozenset(
    {
        *("psp", "arn", "acquirer", "acquirerreferenceno", "referencemerchantid"),
        *("referencestoreid", "referencetransactionid", "orderdescription", "paymentmethodtype"),
        *("pspname", "wallet", "transactioncreationtime", "productcode", "count"),
        *("convertedtransactionamountvalue", "convertedcurrency", "quotecurrencypair"),
        *("quoteprice", "nonguaranteecouponvalue", "nonguaranteecouponcurrency"),
    }
)
_KNOWN = frozenset(
    {
        *TYPE,
        *(*NUMBER, *REQUEST_NUMBER, *ORIGINAL_NUMBER, *ORIGINAL_REQUEST_NUMBER),
        *(*BATCH, *MERCHANT, *AMOUNT, *CURRENCY, *NET, *NET_CURRENCY, *STATUS),
        *(*OCCURRED, *UPDATED, *SETTLED),
        *_FEES.keys(),
        *_FEES.values(),
        *_DETAILS,
    }
)
_WANTED: dict[Document, tuple[tuple[str, ...], ...]] = {
    Document.TRANSACTION: (TYPE, NUMBER, REQUEST_NUMBER, AMOUNT, CURRENCY, (*OCCURRED, *UPDATED)),
    Document.SETTLEMENT: (TYPE, NUMBER, REQUEST_NUMBER, AMOUNT, CURRENCY, NET, NET_CURRENCY),
    Document.SUMMARY: (TYPE, BATCH, NET, NET_CURRENCY, SETTLED),
}

# What tells the files apart: all of these columns.
_FAMILIES: tuple[tuple[frozenset[str], Family], ...] = (
    (frozenset({"customerid", "psp"}), Family.AMS_NEWEST),
    (frozenset({"customerid", "referencemerchantid"}), Family.AMS_FIRST),
    (frozenset({"customerid", "summarytype"}), Family.AMS_FIRST),
)
_FOREIGN: tuple[tuple[frozenset[str], Family | None, str], ...] = (
    (frozenset({"customerid", "transactionid"}), None, "Hong Kong, AMS"),
    (frozenset({"originalpartnertransactionid", "product"}), Family.HK_ONLINE, "Hong Kong online"),
    (frozenset({"settlebatchno", "settledate"}), Family.HK_ONLINE, "Hong Kong online"),
    (frozenset({"acquirementid"}), None, "barcode, old interface"),
    (frozenset({"settlementamount", "commission"}), None, "barcode, old interface"),
    (frozenset({"transactionid/partnertransactionid"}), None, "export of Alipay's portal"),
)


def comma_layout_of(line: str) -> Layout:
    """Read the column line of a comma file; raises LayoutUnknown."""
    try:
        names = tuple(name.strip() for name in values_of(line))
    except OpenQuote:
        raise LayoutUnknown(Reason.UNKNOWN_COLUMNS, shown=line[:80]) from None
    columns = [canonical(name) for name in names]
    family = next((family for marks, family in _FAMILIES if marks <= set(columns)), None)
    if family is None:
        raise _foreign(line, set(columns))
    document = _document_of(set(columns))
    for wanted in _WANTED[document]:
        if not set(wanted) & set(columns):
            raise LayoutUnknown(Reason.COLUMN_MISSING, shown=wanted[0], family=family)
    refuse_twice(names, columns)
    return Layout(family, document, names)


def fee_places(layout: Layout) -> tuple[tuple[int, int], ...]:
    """Where each fee of a file stands, and its currency; -1 where the file gives no currency."""
    return tuple(
        (layout.place_of(fee), layout.place_of(currency))
        for fee, currency in _FEES.items()
        if layout.place_of(fee) >= 0
    )


def is_beginning_of_comma_line(text: str) -> bool:
    """Whether the column line of a file of the JSON products was cut off here."""
    *whole, cut = (canonical(name) for name in text.split(","))
    return set(whole) <= _KNOWN and any(name.startswith(cut) for name in _KNOWN)


def _document_of(columns: set[str]) -> Document:
    if "summarytype" in columns:
        return Document.SUMMARY
    return Document.SETTLEMENT if columns & set(SETTLED) else Document.TRANSACTION


def _foreign(line: str, columns: set[str]) -> LayoutUnknown:
    for marks, family, layout in _FOREIGN:
        if marks <= columns:
            return LayoutUnknown(Reason.ANOTHER_LAYOUT, shown=layout, family=family)
    return LayoutUnknown(Reason.UNKNOWN_COLUMNS, shown=line[:80])
