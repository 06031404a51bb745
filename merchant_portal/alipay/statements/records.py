"""What comes out of a file: a row, or a problem with its place."""

from datetime import datetime
from typing import NamedTuple

from merchant_portal.alipay.statements.csv_rows import values_of
from merchant_portal.alipay.statements.layouts import SEPARATOR, Layout
from merchant_portal.alipay.statements.words import (
    Document,
    Family,
    FileState,
    Kind,
    Reason,
    RowCode,
)

SHOWN = 80
"""How much of an offending value is shown."""


class Problem(NamedTuple):
    """A line that is set aside, or what keeps the whole file from being used.

    `column` is the name as the file writes it, empty where no single one is meant; `shown` the
    offending value, cut to 80 characters; `text` the line itself, where a line was set aside.
    """

    line_number: int
    column: str
    code: RowCode | FileState
    reason: Reason
    shown: str = ""
    text: str = ""


def printable(text: str) -> str:
    """The text without NUL, which databases refuse."""
    return text.replace("\x00", "\ufffd")


class LineIdentity(NamedTuple):
    """What makes a line the same line in every delivery of its file.

    None of its numbers is enough alone: a payment and its cancel share both, a portal refund may
    carry its payment's. Two partial portal refunds that carry the payment's numbers are alike here
    and differ in `Row.occurred_at`; that they carry them only the merchant's records can tell.
    """

    partner_id: str
    family: Family
    document: Document
    kind: Kind
    alipay_trans_id: str
    partner_trans_id: str


class Row(NamedTuple):
    """A line as it was read. Amounts are magnitudes in minor units; `kind` gives the direction.

    `partner_trans_id` is what stands in the partner's column: our number of the payment; of the
    refund for a refund; the payment's for a refund made in Alipay's portal; Alipay's own for a
    cancel in a settlement file. Texts are trimmed; `text` is the line untouched.

    In files of the JSON products a fee that goes the other way round (one that a refund costs) and
    a net below zero are negative, and so are amounts of OTHER and TOTAL lines.
    """

    line_number: int
    kind: Kind
    type_word: str
    partner_trans_id: str
    alipay_trans_id: str
    currency: str
    amount_text: str
    amount_minor: int
    fee_text: str
    fee_minor: int | None
    """None where the file gives no fee; that is not a fee of zero."""
    net_text: str
    net_minor: int | None
    """Settlement files only: what was paid out or taken back."""
    pricing_currency: str
    pricing_amount_text: str
    pricing_amount_minor: int | None
    occurred_at: datetime
    settled_at: datetime | None
    text: str
    layout: Layout
    remark: str
    industry: str
    secondary_merchant_name: str
    secondary_merchant_id: str
    store_name: str
    scene: str
    rate_text: str
    wallet: str
    original_trans_id: str = ""
    """JSON products only: the number of the payment that a refund or cancel is of."""
    batch: str = ""
    """Settlements of the JSON products: the number of the batch that the line was paid out in."""
    stated_count: int | None = None
    """Summaries only: of how many lines it is the sum; None where it does not say."""

    @property
    def fields(self) -> dict[str, str]:
        """Every value under its column's name as the file has them, also those not named here."""
        if self.layout.separator == SEPARATOR:
            values = self.text.split(SEPARATOR)
        else:
            values = values_of(self.text)[: len(self.layout.names)]
        return dict(zip(self.layout.names, values, strict=True))

    @property
    def net_agrees(self) -> bool:
        """Whether Settlement = Amount - Fee; True where the line gives too little to tell.

        The JSON products price in another currency than they settle in, and give no gross in that.
        """
        if self.net_minor is None or self.fee_minor is None:
            return True
        if self.layout.family.is_json:
            is_told = self.pricing_amount_minor is not None
            is_told = is_told and self.pricing_currency == self.currency
            return not is_told or self.pricing_amount_minor == self.amount_minor
        return self.net_minor == abs(self.amount_minor - self.fee_minor)

    def identity(self, partner_id: str) -> LineIdentity:
        """The line's key under the partner whose file it is."""
        file = (partner_id, self.layout.family, self.layout.document)
        return LineIdentity(*file, self.kind, self.alipay_trans_id, self.partner_trans_id)
