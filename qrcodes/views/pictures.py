"""The pictures of active codes."""

from collections.abc import Callable

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from merchant_portal.access import Right
from qrcodes import images
from qrcodes.permissions import PortalRequest, needs
from qrcodes.sentences import why_no_image
from qrcodes.views.scoping import visible_code

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@require_safe
@needs(Right.SEE_STORES)
def code_image_svg(request: PortalRequest, pk: int) -> HttpResponse:
    return _image(request, pk, kind="svg", draw=images.draw_svg)


@require_safe
@needs(Right.SEE_STORES)
def code_image_png(request: PortalRequest, pk: int) -> HttpResponse:
    return _image(request, pk, kind="png", draw=images.draw_png)


def _image(
    request: PortalRequest, pk: int, *, kind: str, draw: Callable[[str, int], bytes]
) -> HttpResponse:
    """The picture, or why there is none; asked again each time, as the code may be stopped."""
    code = visible_code(request.principal, pk)
    if why := why_no_image(code):
        return _plain(why, status=409)
    try:
        pixels = images.bounded_pixels(request.GET.get("size"))
    except ValueError as unusable:
        return _plain(str(unusable), status=400)
    etag = quote_etag(images.etag_of(code.value, kind=kind, pixels=pixels))
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    response = HttpResponse(draw(code.value, pixels), content_type=_TYPES[kind])
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    name = f"{code.enrolment.alipay_store_id}-v{code.version}.{kind}"
    way = "attachment" if "download" in request.GET else "inline"
    response["Content-Disposition"] = f'{way}; filename="{name}"'
    return response


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
