"""The slip a customer takes along, and the page that its picture leads to."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from payments.models import Sale
from payments.sale_standing import Standing
from qrcodes.images import data_address

#: Rolls of thermal paper by their width in millimetres, and a sheet.
PAPERS: dict[str, StrOrPromise] = {
    "58": _("58 mm roll"),
    "80": _("80 mm roll"),
    "a4": _("A4 sheet"),
}
_USUAL = "80"
_CODE_PIXELS = 150


def receipt_url(sale: Sale) -> str:
    """The customer's own page of a sale, as the slip's picture carries it."""
    return f"{settings.PUBLIC_URL}{reverse('receipt', args=[sale.receipt_key])}"


def slip_context(asked: Mapping[str, Any], standing: Standing) -> dict[str, object]:
    """What is printed: on which paper, in which language; what makes no sense is the usual."""
    paper, language = asked.get("paper", ""), asked.get("language", "")
    names = dict(settings.LANGUAGES)
    url = receipt_url(standing.sale)
    return {
        "standing": standing,
        "sale": standing.sale,
        "payment": standing.payment,
        "paper": paper if paper in PAPERS else _USUAL,
        "papers": PAPERS.items(),
        "slip_language": language if language in names else get_language(),
        "slip_languages": names.items(),
        "receipt_url": url,
        "picture": data_address(url, _CODE_PIXELS),
        "pixels": _CODE_PIXELS,
    }
