"""The files of families A1 and A2: what was paid and paid out through the JSON API.

Comma-separated, major units, money going back below zero, fees below zero where they are charged;
each file ends with a line `<END>`. The rows carry the same values as those of the other families,
so that the same faults strike them; only here are they written in the words of these files.

Sources: global.alipay.com/docs/ac/ams/transactionitems_online, /docs/ac/ams/settlementitems,
/docs/ac/autodebitpay/settlementsummary, docs.antom.com/ac/reconcile/transaction_details.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from . import json_words
from .books import Books, wall_clock
from .counter_records import Order
from .currencies import decimals_of
from .happenings import Happening, Kind, Wire
from .layouts import (
    Draft,
    Line,
    settlement_draft,
    transaction_draft,
    written,
)
from .records import Region, Trade, Wallet
from .terms import SignStyle, Terms

END = "<END>"
PRODUCT_CODE = "IN_STORE_PAYMENT"
ACQUIRER, PLATFORM = "Alipay_SG", "Antom"
PAID_WORD, FAILED_WORD = "SUCCESS", "FAIL"
PSP_NAMES = {Wallet.ALIPAYCN: "AlipayCN", Wallet.ALIPAYHK: "AlipayHK"}

Cells = Mapping[str, str]


class ItemFamily(StrEnum):
    """Which generation of these files."""

    FIRST = "A1"
    NEWEST = "A2"


class RefundIds(StrEnum):
    """Whose transactionRequestId the row of a refund bears; a published one bears its payment's."""

    OWN = "own"
    PAYMENT = "payment"


class Units(StrEnum):
    """What amounts are written in; the oldest feeds wrote the smallest unit."""

    MAJOR = "major"
    MINOR = "minor"


IDS = ("referenceMerchantId", "referenceStoreId", "transactionId", "originalTransactionId")
REQUESTS = ("transactionRequestId", "referenceTransactionId")
TRANSACTION_COLUMNS = {
    ItemFamily.FIRST: (
        *("customerId", *IDS, *REQUESTS, "orderDescription", "paymentMethodType", "pspName"),
        *("transactionType", "paymentTime", "productCode", "transactionAmountValue"),
        "transactionCurrency",
    ),
    ItemFamily.NEWEST: (
        *("settlementBatchId", "customerId", "PSP", "ARN", "referenceMerchantId"),
        *("referenceStoreId", "transactionType", "transactionId", "transactionRequestId"),
        *("originalTransactionRequestId", "referenceTransactionId", "orderDescription"),
        *("paymentMethodType", "wallet", "status", "transactionCreationTime"),
        *("transactionUpdateTime", "transactionCompletionTime", "productCode"),
        *("transactionAmountValue", "transactionCurrency", "convertedTransactionAmountValue"),
        *("convertedCurrency", "settlementAmountValue", "settlementCurrency"),
        *("quoteCurrencyPair", "quotePrice", "paymentMethodFeeAmountValue"),
        "paymentMethodFeeCurrency",
    ),
}
SETTLEMENT_COLUMNS = {
    ItemFamily.FIRST: (
        *("settlementBatchId", "customerId", *IDS, *REQUESTS, "paymentMethodType", "pspName"),
        *("transactionType", "paymentTime", "settlementTime", "productCode"),
        *("transactionAmountValue", "transactionCurrency", "settlementAmountValue"),
        *("settlementCurrency", "quoteCurrencyPair", "quotePrice", "feeAmountValue"),
        *("feeCurrency", "nonGuaranteeCouponValue", "nonGuaranteeCouponCurrency"),
    ),
    ItemFamily.NEWEST: (
        *(
            name
            for name in TRANSACTION_COLUMNS[ItemFamily.NEWEST]
            if name not in {"orderDescription", "status"}
        ),
        "settlementInitiatedDate",
    ),
}
SUMMARY_COLUMNS = {
    ItemFamily.FIRST: (
        *("settlementBatchId", "customerId", "acquirer", "summaryType", "settlementTime"),
        *("count", "settlementAmountValue", "settlementCurrency", "feeAmountValue"),
        "feeCurrency",
    ),
    ItemFamily.NEWEST: (
        *("settlementBatchId", "customerId", "PSP", "summaryType", "settlementInitiatedDate"),
        *("count", "settlementAmountValue", "settlementCurrency"),
        *("paymentMethodFeeAmountValue", "paymentMethodFeeCurrency"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class ItemDraft(Draft):
    """One of these files before it is bytes: written by commas, ended by its last line."""

    units: str = Units.MAJOR

    def _texts(self) -> Iterable[str]:
        yield _row(self.columns)
        for line in self.lines:
            yield _row(self._value(name, line.cells) for name in self.columns)
        yield END

    def _value(self, name: str, cells: Cells) -> str:
        if name not in VALUES:
            return cells[name]
        text = VALUES[name](cells)
        if self.units == Units.MINOR and text and name.endswith("Value"):
            priced = name == "transactionAmountValue"
            currency = cells["Trans_currency" if priced else "Currency"]
            return str(int(Decimal(text).scaleb(decimals_of(currency))))
        return text


@dataclass(frozen=True)
class Feed:
    """Whose files, of which family, in which units, with the orders they tell of."""

    terms: Terms
    family: ItemFamily
    units: str
    refund_ids: RefundIds
    orders: Mapping[str, Order]

    def transactions(self, happened: list[Happening], day: date) -> ItemDraft:
        """What was done on a day."""
        draft = transaction_draft(happened, region=Region.GLOBAL, terms=self.terms, day=day)
        name = f"transactionItems_{day:%Y%m%d}_000.csv"
        return self._draft(draft, happened, TRANSACTION_COLUMNS[self.family], name, "")

    def settlement(self, paid: list[Happening], *, currency: str, day: date) -> ItemDraft:
        """What one batch has paid out: all of one currency."""
        positive = replace(self.terms, sign_style=SignStyle.ALL_POSITIVE)
        paid = [each for each in paid if each.settlement_currency == currency]
        draft = settlement_draft(paid, region=Region.GLOBAL, terms=positive, day=day)
        batch = self._batch(currency, day)
        name = f"settlementItems_{currency}_{batch}_000.csv"
        return self._draft(draft, paid, SETTLEMENT_COLUMNS[self.family], name, batch)

    def failures(self, trades: list[Trade]) -> tuple[Line, ...]:
        """The newest family tells of payments that failed too; none of their money counts."""
        if self.family is not ItemFamily.NEWEST:
            return ()
        return tuple(
            Line(f"FAILED {trade.trade_no}", self._failed(trade))
            for trade in trades
            if trade.trade_no in self.orders
        )

    def _draft(
        self,
        draft: Draft,
        happened: list[Happening],
        columns: tuple[str, ...],
        name: str,
        batch: str,
    ) -> ItemDraft:
        known = {each.key: each for each in happened}
        lines = (line.changed(**self._told(known[line.happening], batch)) for line in draft.lines)
        return ItemDraft(
            draft.kind, columns, tuple(lines), name=name, wire=Wire.JSON, units=self.units
        )

    def _told(self, each: Happening, batch: str) -> dict[str, str]:
        """What these rows say beside what all rows say."""
        is_payment, trade = each.kind is Kind.PAYMENT, each.trade
        repeats = each.kind is Kind.REFUND and self.refund_ids is RefundIds.PAYMENT
        return {
            **self._constant(trade, batch),
            "Partner_transaction_id": trade.out_trade_no if repeats else each.partner_trans_id,
            "Transaction_type": each.kind.value,
            "original": "" if is_payment else trade.trade_no,
            "original_request": "" if is_payment else trade.out_trade_no,
            "reference": self.orders[trade.trade_no].reference if is_payment else "",
            "created": wall_clock(trade.created_at if is_payment else each.happened_at),
            "status": PAID_WORD,
        }

    def _constant(self, trade: Trade, batch: str) -> dict[str, str]:
        return {
            "batch": batch,
            "customer": self.terms.partner_id,
            "store": str(trade.terms.get("store_id", "")),
            "subject": self.orders[trade.trade_no].subject,
        }

    def _failed(self, trade: Trade) -> dict[str, str]:
        shop = trade.terms
        ended = wall_clock(trade.created_at)
        return {
            **self._constant(trade, ""),
            **{"Transaction_id": trade.trade_no, "Partner_transaction_id": trade.out_trade_no},
            **{"Transaction_type": Kind.PAYMENT.value, "Payment_time": "", "Remark": ""},
            **{"Secondary_merchant_id": str(shop["secondary_merchant_id"]), "Currency": ""},
            **{"Trans_currency": trade.currency, "Trans_amount": trade.amount, "Issue": ""},
            **{"Transaction_amount": "", "Charge_amount": "", "Trans_forex_rate": ""},
            **{"original": "", "original_request": "", "created": ended, "status": FAILED_WORD},
            "reference": self.orders[trade.trade_no].reference,
        }

    def _batch(self, currency: str, day: date) -> str:
        """19 digits that begin with the day, the same whenever the day is closed again."""
        seed = f"{self.terms.partner_id} {currency}".encode()
        return f"{day:%Y%m%d}1102104{int(hashlib.sha256(seed).hexdigest(), 16) % 10**4:04d}"


def summary_of(items: ItemDraft) -> ItemDraft:
    """A batch's sums by kind, and in all."""
    kinds = [str(kind) for kind in Kind if _of_kind(items.lines, str(kind))]
    lines = [_sum_of(items.lines, "TOTAL")]
    lines += [_sum_of(_of_kind(items.lines, kind), kind) for kind in kinds]
    newest = "PSP" in items.columns
    return replace(
        items,
        columns=SUMMARY_COLUMNS[ItemFamily.NEWEST if newest else ItemFamily.FIRST],
        lines=tuple(lines),
        name=items.name.replace("settlementItems", "settlementSummary"),
    )


def folder_name(partner_id: str, day: date) -> str:
    """Where such files lie below the partner's folder, as on Alipay's server."""
    return f"v1/settlements/{partner_id}/{day:%Y%m%d}"


def orders_of(books: Books, trades: Iterable[Trade]) -> dict[str, Order]:
    """The orders of some trades, by trade."""
    numbers = {trade.trade_no for trade in trades}
    return {order.trade_no: order for order in books.select_in(Order, "trade_no", numbers)}


def _sign(cells: Cells) -> int:
    word = cells["Transaction_type"]
    return 1 if word in {Kind.PAYMENT, Kind.REFUND_REVERSAL} else -1


def _signed(text: str, sign: int) -> str:
    """An amount with its sign; nothing where nothing is said."""
    return str(sign * Decimal(text)) if text else ""


def _gross(cells: Cells) -> str:
    return cells.get("Amount") or cells.get("Transaction_amount", "")


def _fee(cells: Cells) -> str:
    """Below zero what is charged, above what is given back; of a sum, the sum."""
    if "fee" in cells:
        return cells["fee"]
    fee = cells.get("Fee") or cells.get("Charge_amount", "")
    return _signed(fee, -_sign(cells)) if fee and Decimal(fee) else ""


def _net(cells: Cells) -> str:
    if "net" in cells:
        return cells["net"]
    if cells.get("Settlement"):
        return _signed(cells["Settlement"], _sign(cells))
    if not _gross(cells):
        return ""
    return _signed(str(Decimal(_gross(cells)) - Decimal(cells["Charge_amount"])), _sign(cells))


def _is_converted(cells: Cells) -> bool:
    return bool(cells["Currency"]) and cells["Currency"] != cells["Trans_currency"]


def _iso(text: str) -> str:
    return f"{text.replace(' ', 'T')}+08:00" if text else ""


def _method(cells: Cells) -> str:
    return json_words.WALLETS[Wallet(cells["Issue"])][0] if cells["Issue"] else ""


VALUES: dict[str, Callable[[Cells], str]] = {
    "settlementBatchId": lambda cells: cells["batch"],
    "customerId": lambda cells: cells["customer"],
    "acquirer": lambda _: ACQUIRER,
    "PSP": lambda _: PLATFORM,
    "ARN": lambda _: "",
    "referenceMerchantId": lambda cells: cells["Secondary_merchant_id"],
    "referenceStoreId": lambda cells: cells["store"],
    "transactionId": lambda cells: cells["Transaction_id"],
    "originalTransactionId": lambda cells: cells["original"],
    "transactionRequestId": lambda cells: cells["Partner_transaction_id"],
    "originalTransactionRequestId": lambda cells: cells["original_request"],
    "referenceTransactionId": lambda cells: cells["reference"],
    "orderDescription": lambda cells: cells["Remark"] or cells["subject"],
    "paymentMethodType": _method,
    "wallet": _method,
    "pspName": lambda cells: PSP_NAMES[Wallet(cells["Issue"])],
    "transactionType": lambda cells: cells["Transaction_type"],
    "summaryType": lambda cells: cells["Transaction_type"],
    "paymentTime": lambda cells: _iso(cells["Payment_time"]),
    "settlementTime": lambda cells: _iso(cells["Settlement_time"]),
    "settlementInitiatedDate": lambda cells: cells["Settlement_time"][:10],
    "transactionCreationTime": lambda cells: _iso(cells["created"]),
    "transactionUpdateTime": lambda cells: _iso(cells["Payment_time"] or cells["created"]),
    "transactionCompletionTime": lambda cells: _iso(cells["Payment_time"]),
    "productCode": lambda _: PRODUCT_CODE,
    "transactionAmountValue": lambda cells: _signed(cells["Trans_amount"], _sign(cells)),
    "transactionCurrency": lambda cells: cells["Trans_currency"],
    "convertedTransactionAmountValue": lambda cells: (
        _signed(_gross(cells), _sign(cells)) if _is_converted(cells) else ""
    ),
    "convertedCurrency": lambda cells: cells["Currency"] if _is_converted(cells) else "",
    "settlementAmountValue": _net,
    "settlementCurrency": lambda cells: cells["Currency"],
    "quoteCurrencyPair": lambda cells: (
        f"{cells['Trans_currency']}/{cells['Currency']}" if _is_converted(cells) else ""
    ),
    "quotePrice": lambda cells: cells["Trans_forex_rate"] if _is_converted(cells) else "",
    "feeAmountValue": _fee,
    "feeCurrency": lambda cells: cells["Currency"] if _fee(cells) else "",
    "paymentMethodFeeAmountValue": _fee,
    "paymentMethodFeeCurrency": lambda cells: cells["Currency"] if _fee(cells) else "",
    "nonGuaranteeCouponValue": lambda _: "",
    "nonGuaranteeCouponCurrency": lambda _: "",
}


def _of_kind(lines: Iterable[Line], kind: str) -> tuple[Line, ...]:
    return tuple(line for line in lines if line.cells["Transaction_type"] == kind)


def _sum_of(lines: tuple[Line, ...], word: str) -> Line:
    """One line of a summary; its money carries its own signs."""
    first = lines[0].cells
    currency = first["Currency"]
    net = sum((Decimal(_net(line.cells)) for line in lines), Decimal(0))
    fee = sum((Decimal(_fee(line.cells) or 0) for line in lines), Decimal(0))
    return Line(
        f"SUM {word}",
        {
            **{name: first[name] for name in ("batch", "customer", "Settlement_time", "Currency")},
            "Trans_currency": currency,
            "Transaction_type": word,
            "count": str(len(lines)),
            "net": written(int(net.scaleb(decimals_of(currency))), currency),
            "fee": written(int(fee.scaleb(decimals_of(currency))), currency),
        },
    )


def _row(values: Iterable[str]) -> str:
    """One line as RFC 4180 has it, without its end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue()
