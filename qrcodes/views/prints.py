"""Pages of posters: print them, see what hangs where, take down what is outdated."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchant_portal.access import Right, RightMissing
from qrcodes import posters, services
from qrcodes.errors import PrintRefused
from qrcodes.models import Print, PrintRun, QRCode, Store
from qrcodes.permissions import PortalRequest, Principal, needs
from qrcodes.poster_forms import PrintForm
from qrcodes.sentences import why_no_image
from qrcodes.states import CodeState, PosterLanguage, PosterSize
from qrcodes.views.scoping import visible_code, visible_codes, visible_merchants, visible_stores

#: The language customers of a country read first; English elsewhere.
_LANGUAGES = {
    "CN": PosterLanguage.SIMPLIFIED,
    "SG": PosterLanguage.SIMPLIFIED,
    "MY": PosterLanguage.SIMPLIFIED,
    "HK": PosterLanguage.TRADITIONAL,
    "MO": PosterLanguage.TRADITIONAL,
    "TW": PosterLanguage.TRADITIONAL,
}


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_CODES)
def code_print(request: PortalRequest, pk: int) -> HttpResponse:
    """Print one code."""
    code = visible_code(request.principal, pk)
    store = code.enrolment.store
    request.principal.require(Right.CHANGE_CODES, store=store)
    codes = [code] if code.state == CodeState.ACTIVE else []
    context: dict[str, object] = {
        "code": code,
        "counter": code.enrolment.counter,
        "back": code.get_absolute_url(),
    }
    return _print_page(request, codes, store, context | {"why_no_image": why_no_image(code)})


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_CODES)
def store_print(request: PortalRequest, pk: int) -> HttpResponse:
    """Print the codes of every counter of a store, in one file."""
    store = get_object_or_404(visible_stores(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_CODES, store=store)
    codes = _printable(request.principal).filter(enrolment__store=store)
    context: dict[str, object] = {"title": store.name, "back": store.get_absolute_url()}
    return _print_page(request, list(codes), store, context)


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_CODES)
def merchant_print(request: PortalRequest, pk: int) -> HttpResponse:
    """Print the codes of every store of a merchant where one may, in one file."""
    merchant = get_object_or_404(visible_merchants(request.principal), pk=pk)
    scope = request.principal.scope_stores(Right.CHANGE_CODES)
    store = Store.objects.filter(scope, merchant=merchant).first()
    if store is None:
        raise RightMissing(Right.CHANGE_CODES)
    codes = _printable(request.principal).filter(enrolment__store__merchant=merchant)
    context: dict[str, object] = {"title": merchant.name, "back": store.get_absolute_url()}
    return _print_page(request, list(codes), store, context)


def _printable(principal: Principal) -> QuerySet[QRCode]:
    """Active codes that somebody may print, as they are walked past."""
    scope = principal.scope(Right.CHANGE_CODES, store_path="enrolment__store")
    active = QRCode.objects.filter(scope, state=CodeState.ACTIVE).with_place()
    return active.order_by("enrolment__store", "enrolment__counter__code", "pk")


def _print_page(
    request: PortalRequest, codes: Sequence[QRCode], store: Store, context: dict[str, object]
) -> HttpResponse:
    """The form, or what was printed."""
    printed = set(Print.objects.filter(code__in=codes).values_list("code", flat=True))
    form = PrintForm(
        request.POST or None,
        codes=codes,
        printed=printed,
        initial={"size": PosterSize.A5, "language": _LANGUAGES.get(store.country, "en")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            run = services.print_codes(form.chosen(), form.order(), actor=request.principal.actor)
        except PrintRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(run)
    context |= {"form": form, "codes": codes, "store": store, "printed": printed}
    context |= {"lacks_font": _lacks_font(), "no_font": services.no_font_sentence()}
    return render(request, "qrcodes/print.html", context, status=422 if form.errors else 200)


def _lacks_font() -> bool:
    try:
        posters.refuse_unprintable(
            [PosterLanguage.SIMPLIFIED.label], candidates=settings.POSTER_FONTS
        )
    except posters.FontMissing:
        return True
    return False


def _visible_run(principal: Principal, pk: int) -> PrintRun:
    """A file of posters, for people who may print every code in it."""
    run = get_object_or_404(PrintRun.objects.defer("pdf"), pk=pk)
    hidden = run.prints.exclude(code__in=visible_codes(principal).values("pk"))
    if hidden.exists():
        return get_object_or_404(PrintRun.objects.none(), pk=pk)
    scope = principal.scope(Right.CHANGE_CODES, store_path="code__enrolment__store")
    if run.prints.exclude(pk__in=Print.objects.filter(scope).values("pk")).exists():
        raise RightMissing(Right.CHANGE_CODES)
    return run


@require_GET
@needs(Right.CHANGE_CODES)
def print_run(request: PortalRequest, pk: int) -> HttpResponse:
    """What was printed, that it reads back, and the file."""
    run = _visible_run(request.principal, pk)
    prints = list(run.prints.with_run().order_by("pk"))
    context = {
        "run": run,
        "prints": prints,
        "store": prints[0].code.enrolment.store,
        "read_back": services.printed_sentence(run),
    }
    return render(request, "qrcodes/print_run.html", context)


@require_GET
@needs(Right.CHANGE_CODES)
def print_run_pdf(request: PortalRequest, pk: int) -> HttpResponse:
    run = _visible_run(request.principal, pk)
    response = HttpResponse(bytes(run.pdf), content_type="application/pdf")
    way = "attachment" if "download" in request.GET else "inline"
    response["Content-Disposition"] = f'{way}; filename="posters-{run.pk}-{run.size}.pdf"'
    response["Cache-Control"] = "private, no-cache"
    return response


@require_POST
@needs(Right.CHANGE_CODES)
def print_take_down(request: PortalRequest, pk: int) -> HttpResponse:
    """Somebody has taken a print down."""
    printed = _visible_print(request, pk)
    try:
        services.take_down(printed, actor=request.principal.actor)
    except PrintRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%s is noted as taken down.") % printed.check_code)
    return redirect(printed.code.enrolment.place)


@require_POST
@needs(Right.CHANGE_CODES)
def print_where(request: PortalRequest, pk: int) -> HttpResponse:
    """Note down where a print hangs."""
    printed = _visible_print(request, pk)
    where = "".join(sign for sign in request.POST.get("where", "") if sign.isprintable())
    services.say_where(printed, where, actor=request.principal.actor)
    messages.success(request, _("Noted where %s hangs.") % printed.check_code)
    return redirect(printed.code.enrolment.place)


def _visible_print(request: PortalRequest, pk: int) -> Print:
    codes = visible_codes(request.principal)
    printed = get_object_or_404(Print.objects.with_run().filter(code__in=codes.values("pk")), pk=pk)
    request.principal.require(Right.CHANGE_CODES, store=printed.code.enrolment.store)
    return printed
