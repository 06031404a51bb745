"""The merchant's own picture on its posters."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from merchant_portal.access import Right, RightMissing
from qrcodes import services
from qrcodes.errors import PrintRefused
from qrcodes.models import Merchant, MerchantLogo
from qrcodes.permissions import PortalRequest, needs
from qrcodes.poster_forms import LogoForm
from qrcodes.views.scoping import may_change_merchant, visible_merchants


def _changeable(request: PortalRequest, pk: int) -> Merchant:
    """It stands on the posters of every store, so it needs the right at all of them."""
    merchant = get_object_or_404(visible_merchants(request.principal), pk=pk)
    if not may_change_merchant(request.principal, merchant):
        raise RightMissing(Right.CHANGE_STORES)
    return merchant


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def merchant_logo(request: PortalRequest, pk: int) -> HttpResponse:
    """See the picture, or give another."""
    merchant = _changeable(request, pk)
    form = LogoForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            content = form.cleaned_data["picture"].read()
            services.save_logo(merchant, content, actor=request.principal.actor)
        except PrintRefused as refused:
            form.add_error("picture", str(refused))
        else:
            messages.success(request, _("The logo is kept. Posters printed from now on show it."))
            return redirect("merchant_logo", merchant.pk)
    logo = MerchantLogo.objects.filter(merchant=merchant).defer("png").first()
    context = {"form": form, "merchant": merchant, "logo": logo}
    return render(request, "qrcodes/logo.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.CHANGE_STORES)
def merchant_logo_remove(request: PortalRequest, pk: int) -> HttpResponse:
    merchant = _changeable(request, pk)
    services.remove_logo(merchant, actor=request.principal.actor)
    messages.success(request, _("Posters printed from now on show no logo."))
    return redirect("merchant_logo", merchant.pk)


@require_safe
@needs(Right.SEE_STORES)
def merchant_logo_png(request: PortalRequest, pk: int) -> HttpResponse:
    merchant = get_object_or_404(visible_merchants(request.principal), pk=pk)
    logo = MerchantLogo.objects.filter(merchant=merchant).first()
    if logo is None:
        raise Http404
    response = HttpResponse(bytes(logo.png), content_type="image/png")
    response["Cache-Control"] = "private, no-cache"
    return response
