"""What was posted on a known key, verified: a form of the gateway's, or a message of the JSON API.

They part where they are verified and read; what is stored of them, and how, is the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.utils.translation import gettext_noop

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.alipay import notifications as forms
from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.json_api import notifications as messages
from merchant_portal.alipay.signing import SignType, VerifyingKey
from merchant_portal.vault import SealBroken
from payments.models import Notification
from payments.services.addressing import Addressee
from qrcodes.models import QRCode

log = structlog.get_logger(__name__)


class Unverified(Exception):
    """A body that the account's own keys and sign type do not verify; the text says why."""


class KeysSealedShut(Unverified):
    """The master key opens no key of the account, so nothing was judged: the clock tries again."""


@dataclass(frozen=True, slots=True)
class Post:
    """A request as it came. ``headers``: what a message of the JSON API signs beside its body, as
    Notification.headers keeps it; empty for a form."""

    body: bytes
    content_type: str
    headers: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """By what a notification is known: its id, the digest of its content, the numbers it names."""

    notify_id: str
    digest: str
    alipay_trans_id: str
    partner_trans_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A body on a known key whose signature held."""

    account: Account
    code: QRCode | None
    key: AccountKey
    post: Post
    received_at: datetime
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival(Received):
    """A form of the gateway's."""

    notice: forms.Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class JSONArrival(Received):
    """A message of the JSON API; ``problem`` says why it has no notice: it cannot be read."""

    notice: messages.Notice | None
    problem: str


def verify(addressee: Addressee, post: Post) -> Arrival | JSONArrival:
    """What arrived, if the account's own keys verify it; raises Unverified."""
    try:
        if post.headers:
            return _verify_message(addressee, post)
        return _verify_form(addressee, post)
    except NotificationUnreadable as unreadable:
        raise Unverified(str(unreadable)) from unreadable
    except SealBroken as broken:
        log.exception("account_keys_sealed_shut", account=addressee.account.pk)
        raise KeysSealedShut(str(broken)) from broken


def arrived_before(notification: Notification) -> Arrival | JSONArrival:
    """What arrived then; it was verified then, so a key retired since takes nothing from it."""
    post = Post(bytes(notification.body), notification.content_type, notification.headers)
    read = _read_message if post.headers else _read_form
    return read(notification.account, notification.code, notification.verified_with, post)


def _verify_form(addressee: Addressee, post: Post) -> Arrival:
    account = addressee.account
    posted = forms.parse_posted(post.body, content_type=post.content_type)
    keys = accounts.open_verifying_keys(account, addressee.keys)
    verified = forms.verify_posted(
        posted, sign_type=SignType(account.sign_type), keys=[key for _row, key in keys]
    )
    return _arrival(account, addressee.code, _row_of(verified, keys), post, posted)


def _read_form(account: Account, code: QRCode | None, key: AccountKey, post: Post) -> Arrival:
    posted = forms.parse_posted(post.body, content_type=post.content_type)
    return _arrival(account, code, key, post, posted)


def _arrival(
    account: Account, code: QRCode | None, key: AccountKey, post: Post, posted: forms.Posted
) -> Arrival:
    notice = forms.read_notice(posted)
    return Arrival(
        account=account,
        code=code,
        key=key,
        post=post,
        received_at=clock.now(),
        notice=notice,
        identity=Identity(
            notify_id=notice.notify_id,
            digest=posted.digest,
            alipay_trans_id=notice.alipay_trans_id,
            partner_trans_id=notice.partner_trans_id,
            status=notice.status_word,
        ),
    )


def _verify_message(addressee: Addressee, post: Post) -> JSONArrival:
    """Over the raw body and the path it was posted to, under the account's own client id."""
    account = addressee.account
    if not account.client_id:
        raise Unverified(gettext_noop("The account has no client id."))
    posted = messages.posted_again(post.body, post.headers)
    if posted.client_id != account.client_id:
        raise Unverified(gettext_noop("It names another client id than the account's."))
    keys = accounts.open_json_keys(account, addressee.keys)
    verified = messages.verify_posted(
        posted, client_id=account.client_id, keys=[key for _row, key in keys]
    )
    return _read_message(account, addressee.code, _row_of(verified, keys), post)


def _row_of(
    verified: VerifyingKey | None, keys: Iterable[tuple[AccountKey, VerifyingKey]]
) -> AccountKey:
    """The row of the key that verified; raises Unverified where none did."""
    for row, key in keys:
        if key is verified:
            return row
    raise Unverified(gettext_noop("No live key of the account verifies the signature."))


def _read_message(
    account: Account, code: QRCode | None, key: AccountKey, post: Post
) -> JSONArrival:
    """Whoever signed it is Alipay, so what cannot be read is kept too, and waits for a person."""
    posted = messages.posted_again(post.body, post.headers)
    notice, problem = None, ""
    try:
        notice = messages.read_notice(posted)
    except NotificationUnreadable as unreadable:
        problem = str(unreadable)
    payment_id, payment_request_id = messages.ids_in(posted)
    return JSONArrival(
        account=account,
        code=code,
        key=key,
        post=post,
        received_at=clock.now(),
        notice=notice,
        problem=problem,
        identity=Identity(
            notify_id=notice.identity if notice else "",
            digest=posted.digest,
            alipay_trans_id=payment_id,
            partner_trans_id=payment_request_id,
            status=notice.status_word if notice else "",
        ),
    )
