"""Pairing devices with counters, and taking them off again."""

from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from merchant_portal.models import User
from qrcodes.errors import PairingRefused, TooManyTries
from qrcodes.models import Counter, Device, Pairing, PairingMiss
from qrcodes.states import DeviceUse

CODE_LIVES = timedelta(minutes=10)
#: Wrong second halves after which a code opens nothing any more.
TRIES_PER_CODE = 5
#: Wrong codes after which an address must wait until the first of them is old.
TRIES_PER_ADDRESS = 10
MISSES_COUNT_FOR = timedelta(minutes=10)
#: Being seen is written down this often at most: a screen looks more than once a second.
SEEN_EVERY = timedelta(seconds=30)
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class NewPairing:
    """A pairing that was just offered, with its code: the only time it is seen."""

    pairing: Pairing
    code: str


@dataclass(frozen=True, slots=True)
class PairedDevice:
    """A device that was just paired, with the token for its cookie."""

    device: Device
    token: str


@transaction.atomic
def offer_pairing(
    counter: Counter,
    *,
    name: str,
    shows_takings: bool,
    by: User,
    actor: Actor,
    use: DeviceUse = DeviceUse.STAFF,
) -> NewPairing:
    """Make a code with which one device becomes this counter's screen; raises PairingRefused."""
    now = clock.now()
    Pairing.objects.filter(expires_at__lt=now - CODE_LIVES).delete()
    code = Pairing.new_code()
    pairing = Pairing(
        counter=counter,
        name=name,
        shows_takings=shows_takings,
        use=use,
        prefix=code[: Pairing.PREFIX_LENGTH],
        digest=Pairing.digest_of(code),
        made_by=by,
        made_at=now,
        expires_at=now + CODE_LIVES,
    )
    try:
        with transaction.atomic():
            pairing.save()
    except IntegrityError as taken:  # one in a million for each code that waits
        raise PairingRefused(_("The code could not be made; try again.")) from taken
    terms = {"shows_takings": shows_takings, "use": DeviceUse(use).value}
    audit.record(actor, "offer_pairing", counter, device=name, **terms)
    return NewPairing(pairing, code)


def pair_device(typed: str, *, address: str) -> PairedDevice:
    """Make whoever types a live code the screen of its counter; raises PairingRefused."""
    _refuse_guessing(address)
    paired = _redeem(_tidy(typed))
    if paired is None:
        PairingMiss.objects.create(address=address, at=clock.now())
        # One sentence for all: which codes there are is nobody's business.
        raise PairingRefused(
            _("This code opens nothing: it is mistyped, used, or older than ten minutes.")
        )
    return paired


@transaction.atomic
def revoke_device(device: Device, *, actor: Actor) -> None:
    """From its next look on the device shows nothing."""
    locked = Device.objects.select_for_update().get(pk=device.pk)
    if locked.is_revoked:
        return
    locked.revoked_at = clock.now()
    locked.save(update_fields=["revoked_at"])
    audit.record(actor, "revoke_device", locked.counter, device=locked.name, number=locked.pk)


@transaction.atomic
def change_device(
    device: Device, *, name: str, shows_takings: bool, use: DeviceUse, actor: Actor
) -> None:
    """Name a device anew, or let it serve others: from its next look on."""
    locked = Device.objects.select_for_update().get(pk=device.pk)
    wanted = {"name": name, "shows_takings": shows_takings, "use": use}
    changed = {
        term: [str(getattr(locked, term)), str(value)]
        for term, value in wanted.items()
        if getattr(locked, term) != value
    }
    if locked.is_revoked or not changed:
        return
    Device.objects.filter(pk=locked.pk).update(**wanted)
    audit.record(actor, "change_device", locked.counter, number=locked.pk, **changed)


def find_device(token: str) -> Device | None:
    """The device of a token, also one that was disconnected; found by its digest's index."""
    found = Device.objects.select_related("counter__store").filter(
        token_digest=Device.digest_of(token)
    )
    return found.first() if token else None


def note_seen(device: Device) -> None:
    """Write down that the device looked."""
    now = clock.now()
    if now - device.last_seen_at >= SEEN_EVERY:
        Device.objects.filter(pk=device.pk, last_seen_at__lt=now).update(last_seen_at=now)


@transaction.atomic
def _redeem(code: str) -> PairedDevice | None:
    """The device of a code, once; a wrong second half is counted against the code."""
    pairing = (
        Pairing.objects.select_for_update(of=("self",))
        .select_related("counter__store", "made_by")
        .filter(prefix=code[: Pairing.PREFIX_LENGTH])
        .first()
    )
    is_right = compare_digest(pairing.digest if pairing else _NO_DIGEST, Pairing.digest_of(code))
    if pairing is None or not _is_open(pairing):
        return None
    if not is_right:
        _count_wrong_try(pairing)
        return None
    return _make_device(pairing)


def _is_open(pairing: Pairing) -> bool:
    is_fresh = pairing.used_at is None and clock.now() < pairing.expires_at
    return is_fresh and pairing.wrong_tries < TRIES_PER_CODE


def _count_wrong_try(pairing: Pairing) -> None:
    pairing.wrong_tries += 1
    pairing.save(update_fields=["wrong_tries"])
    if pairing.wrong_tries == TRIES_PER_CODE:
        somebody = Actor("somebody without sign-in")
        audit.record(somebody, "spoil_pairing", pairing.counter, device=pairing.name)


def _make_device(pairing: Pairing) -> PairedDevice:
    now = clock.now()
    pairing.used_at = now
    pairing.save(update_fields=["used_at"])
    token = Device.new_token()
    device = Device.objects.create(
        counter=pairing.counter,
        name=pairing.name,
        shows_takings=pairing.shows_takings,
        use=pairing.use,
        token_digest=Device.digest_of(token),
        paired_by=pairing.made_by,
        paired_at=now,
        last_seen_at=now,
    )
    by_code = Actor(f"a device, by the code of {pairing.made_by}")
    audit.record(by_code, "pair_device", pairing.counter, device=device.name, number=device.pk)
    return PairedDevice(device, token)


def _refuse_guessing(address: str) -> None:
    now = clock.now()
    since = now - MISSES_COUNT_FOR
    PairingMiss.objects.filter(at__lt=since).delete()
    if PairingMiss.objects.filter(address=address, at__gte=since).count() >= TRIES_PER_ADDRESS:
        raise TooManyTries(_("Too many wrong codes from here. Wait ten minutes, then try again."))


def _tidy(typed: str) -> str:
    """As the code was made: capital letters and digits, without the dash it is shown with."""
    return "".join(sign for sign in typed.upper() if sign.isascii() and sign.isalnum())
