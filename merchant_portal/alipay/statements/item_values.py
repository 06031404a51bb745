"""Which values are picked of a row of the JSON products' files, by their columns."""

from typing import NamedTuple

from merchant_portal.alipay.statements import comma_layouts as columns
from merchant_portal.alipay.statements.rows import Column

_DETAILS: tuple[Column, ...] = (
    ("orderdescription",),
    ("referencemerchantid",),
    ("referencestoreid",),
    ("productcode",),
    ("quoteprice",),
    ("wallet",),
    ("paymentmethodtype",),
)
PICKED: tuple[Column, ...] = (
    *(columns.TYPE, columns.MERCHANT, columns.STATUS),
    *(columns.BATCH, columns.COUNT),
    *(columns.NUMBER, columns.REQUEST_NUMBER),
    *(columns.ORIGINAL_NUMBER, columns.ORIGINAL_REQUEST_NUMBER),
    *(columns.AMOUNT, columns.CURRENCY, columns.NET, columns.NET_CURRENCY),
    *(columns.OCCURRED, columns.UPDATED, columns.SETTLED),
    *_DETAILS,
)


class Values(NamedTuple):
    """What is picked of a row, trimmed; empty where the file has no such column."""

    word: str
    merchant: str
    status: str
    batch: str
    line_count: str
    number: str
    request_number: str
    original_number: str
    original_request_number: str
    amount: str
    currency: str
    net: str
    net_currency: str
    occurred: str
    updated: str
    settled: str
    description: str
    secondary_merchant_id: str
    store: str
    product: str
    rate: str
    wallet: str
    method: str
