"""The proof of one payment: as a page, and as a file that anybody can check."""

import hashlib

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from merchant_portal import audit
from merchant_portal.access import Right
from merchant_portal.proof import Proof, pack_evidence
from payments.models import Payment
from payments.views.looking import visible_payments
from qrcodes.permissions import PortalRequest, needs


def _payment(request: PortalRequest, pk: int) -> Payment:
    """A payment that somebody sees and whose evidence they may see."""
    payment = get_object_or_404(visible_payments(request.principal), pk=pk)
    request.principal.require_at(Right.SEE_EVIDENCE, payment.store)
    return payment


@require_GET
@needs(Right.SEE_EVIDENCE)
def payment_proof(request: PortalRequest, pk: int) -> HttpResponse:
    """What Alipay said of a payment, to the byte, and whether its signatures hold just now."""
    payment = _payment(request, pk)
    context = {"payment": payment, "proof": Proof(payment), "may_see_evidence": True}
    return render(request, "payments/proof.html", context)


@require_GET
@needs(Right.SEE_EVIDENCE)
def payment_evidence(request: PortalRequest, pk: int) -> HttpResponse:
    """The evidence as one ZIP; who took it, and its SHA-256, is written down."""
    payment = _payment(request, pk)
    with transaction.atomic():
        content = pack_evidence(payment)
        digest = hashlib.sha256(content).hexdigest()
        audit.record(
            request.principal.actor, "take_evidence", payment, sha256=digest, bytes=len(content)
        )
    name = f"evidence-{payment.alipay_trans_id or payment.partner_trans_id}.zip"
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{_plain(name)}"',
            "Cache-Control": "no-store",
        },
    )


def _plain(name: str) -> str:
    """A file's name without what a header or a disk might read otherwise."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-.") else "_"
        for letter in name
    )
