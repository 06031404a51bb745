"""A merchant's own picture on its posters: checked, and written anew."""

import hashlib
import io

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from qrcodes.errors import PrintRefused
from qrcodes.models import Merchant, MerchantLogo
from qrcodes.posters import PictureUnusable, open_picture

_SMALLEST_SIDE = 40
#: At 60 % of an A4 poster's width this is 240 dots per inch.
_LARGEST = (1200, 600)


@transaction.atomic
def save_logo(merchant: Merchant, content: bytes, *, actor: Actor) -> MerchantLogo:
    """Take a picture as the merchant's; raises PrintRefused for one that cannot be printed."""
    picture = _written_anew(content)
    png = io.BytesIO()
    picture.save(png, "PNG", optimize=True)
    digest = hashlib.sha256(png.getvalue()).hexdigest()
    logo, _is_new = MerchantLogo.objects.update_or_create(
        merchant=merchant,
        defaults={
            "png": png.getvalue(),
            "digest": digest,
            "width": picture.width,
            "height": picture.height,
            "uploaded_at": clock.now(),
        },
    )
    audit.record(actor, "save_logo", merchant, digest=digest)
    return logo


@transaction.atomic
def remove_logo(merchant: Merchant, *, actor: Actor) -> None:
    """Posters go without a picture again."""
    removed, _each = MerchantLogo.objects.filter(merchant=merchant).delete()
    if removed:
        audit.record(actor, "remove_logo", merchant)


def _written_anew(content: bytes) -> Image.Image:
    """The picture's pixels on white, and nothing else of the file that was uploaded."""
    if len(content) > settings.LOGO_BYTES:
        raise PrintRefused(
            _("The picture is larger than %s MB.") % (settings.LOGO_BYTES // 1_000_000)
        )
    try:
        picture = open_picture(content)
    except PictureUnusable as unusable:
        raise PrintRefused(_("This is no PNG or JPEG picture that can be read.")) from unusable
    if min(picture.size) < _SMALLEST_SIDE:
        raise PrintRefused(
            _("The picture is too small to print: %s pixels at least.") % _SMALLEST_SIDE
        )
    picture = picture.convert("RGBA")
    picture.thumbnail(_LARGEST)
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    return ground.convert("RGB")
