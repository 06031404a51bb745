"""The files of families G (global) and H (AlipayHK), column by column as Alipay publishes them.

Sources: docs.antom.com/ac/globalbarcode/transaction_format, global.alipay.com/docs/ac/
transactionqrcode/settlement_format, /docs/ac/merchant_qr_code_hk/transfile and /settlemtfile.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from .books import ALIPAY_TIME, wall_clock
from .currencies import decimals_of
from .happenings import Happening, Kind, Wire, fee_of, half_up
from .records import Product, Region
from .terms import SignStyle, Terms

SEPARATOR = "|"
UNWRITABLE = re.compile(r"[|\r\n]")
SETTLED_AT = time(15, 46)
LONGEST_REMARK = 256
ORDER_SCENES = {
    Product.SHOP_CODE: "shopQrCode",
    Product.BARCODE: "paymentQrCode",
    Product.ORDER_CODE: "transactionQrCode",
}
LIQUIDATED = "L"

TRANSACTION_COLUMNS = (
    *("Partner_transaction_id", "Transaction_id", "Transaction_amount", "Charge_amount"),
    *("Currency", "Payment_time", "Transaction_type", "Remark", "Secondary_merchant_industry"),
    *("Secondary_merchant_name", "Secondary_merchant_id", "Operator_name", "Order_scene"),
    *("Trans_currency", "Trans_amount", "Trans_forex_rate", "Issue"),
)
SETTLEMENT_COLUMNS = (
    *("Partner_transaction_id", "Transaction_id", "Amount", "Rmb_amount", "Fee", "Settlement"),
    *("Rmb_settlement", "Currency", "Rate", "Payment_time", "Settlement_time", "Type", "Status"),
    *("Remarks", "Secondary_merchant_industry", "Secondary_merchant_name"),
    *("Secondary_merchant_id", "Operator_name", "Order_scene", "Trans_currency", "Trans_amount"),
    *("Trans_forex_rate", "Issue"),
)
ONLY_HK = frozenset({"Secondary_merchant_id", "Issue"})
ONLY_GLOBAL = frozenset({"Rmb_amount", "Rmb_settlement", "Rate"})


class FileKind(StrEnum):
    """Which of the two files of a day."""

    TRANSACTION = "transaction"
    SETTLEMENT = "settlement"


@dataclass(frozen=True)
class Line:
    """One row: which happening it tells of, and its values by column."""

    happening: str
    cells: dict[str, str]

    def changed(self, **cells: str) -> "Line":
        """The row with other values."""
        return replace(self, cells=self.cells | cells)


@dataclass(frozen=True)
class Heading:
    """The first line of a transaction file; the blank in it is published."""

    partner_id: str
    day: date
    miscounted: int = 0

    def text(self, *, count: int) -> str:
        """The line over so many rows."""
        stated = count + self.miscounted
        return f"Partner:{self.partner_id}|Payment_time: {self.day}|Total_count:{stated}"


@dataclass(frozen=True)
class Draft:
    """A file before it is bytes: rows, and how they are written. Settlements have no heading."""

    kind: FileKind
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    heading: Heading | None = None
    codec: str = "utf-8"
    mark: bytes = b""
    line_end: str = "\n"
    lost_bytes: int = 0
    is_empty: bool = False
    is_withheld: bool = False
    name: str = ""  # Empty: by partner, kind and day.
    wire: Wire = Wire.GATEWAY
    again: "Callable[[list[Happening]], Draft] | None" = None  # The same file of other rows.

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        if self.is_empty:
            return b""
        text = "".join(f"{line}{self.line_end}" for line in self._texts())
        whole = self.mark + text.encode(self.codec)
        return whole[: max(0, len(whole) - self.lost_bytes)]

    def _texts(self) -> Iterable[str]:
        if self.heading is not None:
            yield self.heading.text(count=len(self.lines))
        yield SEPARATOR.join(self.columns)
        for line in self.lines:
            yield SEPARATOR.join(map(line.cells.__getitem__, self.columns))


def transaction_draft(happened: list[Happening], *, region: str, terms: Terms, day: date) -> Draft:
    """The transaction file of a day."""
    return Draft(
        FileKind.TRANSACTION,
        _columns_of(TRANSACTION_COLUMNS, region),
        tuple(Line(each.key, _transaction_cells(each)) for each in happened),
        Heading(terms.partner_id, day),
    )


def settlement_draft(happened: list[Happening], *, region: str, terms: Terms, day: date) -> Draft:
    """The settlement file of a day."""
    return Draft(
        FileKind.SETTLEMENT,
        _columns_of(SETTLEMENT_COLUMNS, region),
        tuple(Line(each.key, _settlement_cells(each, terms, day)) for each in happened),
    )


def file_name(partner_id: str, kind: FileKind, day: date) -> str:
    """The file's name, as on Alipay's server."""
    return f"{partner_id}_{kind}_{day:%Y%m%d}.txt"


def settled_at(day: date) -> str:
    """The time of liquidation on a day."""
    return datetime.combine(day, SETTLED_AT, ALIPAY_TIME).strftime("%Y-%m-%d %H:%M:%S")


def written(minor: int, currency: str) -> str:
    """An amount with the currency's own decimals."""
    places = decimals_of(currency)
    return str(Decimal(minor).scaleb(-places)) if places else str(minor)


def _columns_of(columns: tuple[str, ...], region: str) -> tuple[str, ...]:
    missing = ONLY_GLOBAL if region == Region.HK else ONLY_HK
    return tuple(name for name in columns if name not in missing)


def _transaction_cells(each: Happening) -> dict[str, str]:
    return _common_cells(each) | {
        "Partner_transaction_id": each.partner_trans_id,
        "Transaction_amount": written(each.settlement_minor, each.settlement_currency),
        "Charge_amount": written(each.fee_minor, each.settlement_currency),
        "Transaction_type": each.kind.value,
        "Remark": _plain(each.remark)[:LONGEST_REMARK],
    }


def _settlement_cells(each: Happening, terms: Terms, day: date) -> dict[str, str]:
    is_cancel, currency = each.kind is Kind.CANCEL, each.settlement_currency
    gross_sign, net_sign = _signs(each, terms)
    rate = terms.cny_rate_on(each.day, currency)
    gross_cny, net_cny = _in_cny(each, terms, rate)
    net = each.settlement_minor - each.fee_minor
    return _common_cells(each) | {
        # A cancel bears Alipay's number twice, as docs.antom.com/ac/globalbarcode says.
        "Partner_transaction_id": each.transaction_id if is_cancel else each.partner_trans_id,
        "Amount": written(gross_sign * each.settlement_minor, currency),
        "Rmb_amount": written(gross_sign * gross_cny, "CNY"),
        "Fee": written(gross_sign * each.fee_minor, currency),
        "Settlement": written(net_sign * net, currency),
        "Rmb_settlement": written(net_sign * net_cny, "CNY"),
        "Rate": str(rate),
        "Settlement_time": settled_at(day),
        "Type": "P" if each.kind is Kind.PAYMENT else "R",
        "Status": LIQUIDATED,
        "Remarks": _plain(each.remark)[:LONGEST_REMARK],
    }


def _common_cells(each: Happening) -> dict[str, str]:
    trade, shop = each.trade, each.trade.terms
    operator = shop.get("store_name") or shop.get("taxi_driver_name", "")
    return {
        "Transaction_id": each.transaction_id,
        "Currency": each.settlement_currency,
        "Payment_time": wall_clock(each.happened_at),
        "Secondary_merchant_industry": _plain(shop["secondary_merchant_industry"]),
        "Secondary_merchant_name": _plain(shop["secondary_merchant_name"]),
        "Secondary_merchant_id": _plain(shop["secondary_merchant_id"]),
        "Operator_name": _plain(operator),
        "Order_scene": ORDER_SCENES[trade.product],
        "Trans_currency": trade.currency,
        "Trans_amount": written(each.pricing_minor, trade.currency),
        "Trans_forex_rate": each.forex_rate,
        "Issue": trade.wallet,
    }


def _signs(each: Happening, terms: Terms) -> tuple[int, int]:
    """The signs of amount and fee, and of what is settled."""
    if each.kind is Kind.PAYMENT or terms.sign_style == SignStyle.ALL_POSITIVE:
        return 1, 1
    return (-1, -1) if terms.sign_style == SignStyle.ALL_NEGATIVE else (1, -1)


def _in_cny(each: Happening, terms: Terms, rate: Decimal) -> tuple[int, int]:
    """Amount and settlement in CNY.

    The published row fits a fee that is taken from the CNY amount (0.6 % of 2001.38), not one
    that is converted.
    """
    currency = each.settlement_currency
    unit = rate.scaleb(2 - decimals_of(currency))
    gross = half_up(each.settlement_minor * unit)
    if currency != "CNY" and each.fee_minor == fee_of(each.settlement_minor, terms):
        return gross, gross - fee_of(gross, terms)
    return gross, gross - half_up(each.fee_minor * unit)


def _plain(text: str) -> str:
    """Free text without what would end a value or a line."""
    return UNWRITABLE.sub(" ", text)
