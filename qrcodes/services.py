"""Verbs about counters' enrolments and codes. Calls to Alipay are made outside transactions."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from merchant_portal import audit, clock, due, gateway
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.client import GatewayClient
from merchant_portal.alipay.messages import (
    ChannelFee,
    ChannelFeeType,
    CodeAnswer,
    CodeDetails,
    CodeStatus,
)
from merchant_portal.audit import SCHEDULE, Actor
from merchant_portal.gateway import Answered, Refused, Unanswered
from qrcodes.errors import CodeExists, CodeRefused
from qrcodes.models import Counter, Enrolment, QRCode, QRCodeMove
from qrcodes.states import CODE_MACHINE, CodeKind, CodeState

Heard = Answered[CodeAnswer] | Refused | Unanswered

_STATUS_CALLS = {
    CodeState.STOPPED: CodeStatus.STOP,
    CodeState.ACTIVE: CodeStatus.RESTART,
    CodeState.DELETED: CodeStatus.DELETE,
}


@transaction.atomic
def enrol_counter(counter: Counter, *, account: Account, actor: Actor) -> Enrolment:
    """How the counter is known at Alipay under an account; made with our defaults once."""
    store = counter.store
    enrolment, is_new = Enrolment.objects.get_or_create(
        account=account,
        counter=counter,
        defaults={
            "store": store,
            "secondary_merchant_id": store.merchant.secondary_merchant_id,
            "alipay_store_id": f"{store.code}-{counter.code}",
            "pricing_currency": store.pricing_currency,
            "settlement_currency": account.settlement_currency,
        },
    )
    if is_new:
        audit.record(actor, "enrol_counter", enrolment)
    return enrolment


def make_code(
    enrolment: Enrolment,
    *,
    actor: Actor,
    kind: CodeKind = CodeKind.PLAIN,
    channel_fee_type: str = "",
    channel_fee_value: str = "",
) -> QRCode:
    """Ask for a code: its row and key are committed before anything is sent; raises CodeExists."""
    now = clock.now()
    try:
        with transaction.atomic():
            newest = enrolment.codes.filter(kind=kind).aggregate(newest=Max("version"))["newest"]
            code = QRCode.objects.create(
                enrolment=enrolment,
                kind=kind,
                version=(newest or 0) + 1,
                state=CodeState.CREATING,
                wanted_state=CodeState.ACTIVE,
                channel_fee_type=channel_fee_type,
                channel_fee_value=channel_fee_value,
                created_at=now,
                next_attempt_at=now,
            )
            _write_move(code, "", actor)
            Enrolment.objects.filter(pk=enrolment.pk, frozen_at__isnull=True).update(frozen_at=now)
            audit.record(actor, "make_code", code)
    except IntegrityError as taken:
        raise CodeExists(_("This counter has a live code of this kind already.")) from taken
    return code


def want_state(code: QRCode, wanted: CodeState, *, actor: Actor) -> QRCode:
    """A person stops, restarts or deletes a code; raises CodeRefused where that cannot be."""
    with transaction.atomic():
        locked = QRCode.objects.select_for_update().get(pk=code.pk)
        if locked.state not in {CodeState.ACTIVE, CodeState.STOPPED}:
            raise CodeRefused(_("The code's last call is not answered yet."))
        CODE_MACHINE.check(CodeState(locked.state), wanted)
        locked.wanted_state = wanted
        locked.next_attempt_at = clock.now()
        locked.attempts = 0
        locked.save()
        audit.record(actor, f"want_{wanted.lower()}", locked)
    return locked


def send_code(code: QRCode) -> QRCode:
    """Make the code's due calls now, unless the clock is making them at this very moment."""
    if due.claim_one(QRCode, code.pk, now=clock.now()):
        send_claimed_code(code.pk)
    code.refresh_from_db()
    return code


def send_claimed_code(code_id: int) -> None:
    """Make the calls a claimed code is due: create, then the modify that sets our address."""
    code = _read(code_id)
    if not code.value and code.wanted_state == CodeState.ACTIVE:
        _record_created(code_id, _call(code, _create(code)))
        code = _read(code_id)
    if code.state == CodeState.ADOPTING:
        _record_modified(code_id, _call(code, _modify(code)), code.wanted_notify_url)
    elif code.value and code.state != code.wanted_state:
        _record_status(code_id, _call(code, _change_status(code)))


def _read(code_id: int) -> QRCode:
    return QRCode.objects.select_related(
        "enrolment__account", "enrolment__store__merchant", "enrolment__counter__store"
    ).get(pk=code_id)


def _call(code: QRCode, call: Callable[[GatewayClient], CodeAnswer]) -> Heard:
    return gateway.ask(code.enrolment.account, code, call)


def _create(code: QRCode) -> Callable[[GatewayClient], CodeAnswer]:
    return lambda client: client.create_qrcode(details_of(code), notify_url=code.wanted_notify_url)


def _modify(code: QRCode) -> Callable[[GatewayClient], CodeAnswer]:
    return lambda client: client.modify_qrcode(
        code.value, details_of(code), notify_url=code.wanted_notify_url
    )


def _change_status(code: QRCode) -> Callable[[GatewayClient], CodeAnswer]:
    status = _STATUS_CALLS[CodeState(code.wanted_state)]
    return lambda client: client.change_qrcode_status(code.value, status)


def details_of(code: QRCode) -> CodeDetails:
    """Everything Alipay is told about a code; modify replaces it whole."""
    enrolment = code.enrolment
    store = enrolment.store
    fee = (
        ChannelFee(ChannelFeeType(code.channel_fee_type), code.channel_fee_value)
        if code.kind == CodeKind.WITH_FEE
        else None
    )
    return CodeDetails(
        secondary_merchant_industry=store.merchant.mcc,
        secondary_merchant_id=enrolment.secondary_merchant_id,
        secondary_merchant_name=store.merchant.name,
        store_id=enrolment.alipay_store_id,
        store_name=store.name,
        trans_currency=enrolment.pricing_currency,
        currency=enrolment.settlement_currency,
        country_code=store.country,
        address=store.address,
        sys_service_provider_id=enrolment.account.service_provider_id,
        channel_fee=fee,
        passback_parameters=f'{{"code":"{code.key}"}}',
    )


@transaction.atomic
def _record_created(code_id: int, heard: Heard) -> None:
    code = QRCode.objects.select_for_update().get(pk=code_id)
    match heard:
        case Answered(answer=answer):
            code.value, code.image_url = answer.qrcode, answer.qrcode_img_url
            _move(code, CodeState.ADOPTING)
            code.next_attempt_at = clock.now()
            code.save()
        case _:
            _record_failed(code, heard)


@transaction.atomic
def _record_modified(code_id: int, heard: Heard, notify_url: str) -> None:
    code = QRCode.objects.select_for_update().get(pk=code_id)
    match heard:
        case Answered():
            code.notify_url = notify_url
            _settle(code, CodeState.ACTIVE)
        case _:
            _record_failed(code, heard)


@transaction.atomic
def _record_status(code_id: int, heard: Heard) -> None:
    code = QRCode.objects.select_for_update().get(pk=code_id)
    match heard:
        case Answered():
            _settle(code, CodeState(code.wanted_state))
        case _:
            _record_failed(code, heard)


def _record_failed(code: QRCode, heard: Refused | Unanswered) -> None:
    """No answer: the same call again, along the ladder. A refusal ends only a first attempt."""
    code.lease_until = None
    code.last_answer = heard.code if isinstance(heard, Refused) else heard.reason.value
    code.next_attempt_at = clock.now() + timedelta(seconds=settings.CODE_LADDER_SECONDS[0])
    if isinstance(heard, Refused):
        code.refusal = heard.code
    if code.state != CodeState.UNKNOWN:
        _move(code, CodeState.UNKNOWN)
    code.save()


def _settle(code: QRCode, state: CodeState) -> None:
    _move(code, state)
    code.wanted_state = state
    code.next_attempt_at = code.lease_until = None
    code.attempts = 0
    code.refusal = code.last_answer = ""
    code.save()


def _move(code: QRCode, target: CodeState) -> None:
    before = CodeState(code.state)
    CODE_MACHINE.check(before, target)
    code.state = target
    _write_move(code, before.value, SCHEDULE)


def _write_move(code: QRCode, before: str, actor: Actor) -> None:
    QRCodeMove.objects.create(
        code=code, from_state=before, to_state=code.state, at=clock.now(), actor_name=actor.name
    )
