"""A number on a customer's screen that nobody here knows: ask Alipay under every account."""

from collections.abc import Iterable

from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from payments.errors import LookupRefused
from payments.models import Lookup
from payments.services.finding import ask_lookup, ask_lookup_again, find_payment
from payments.states import LookupState
from qrcodes.models import Counter


def ask_about_number(
    counter: Counter,
    *,
    accounts: Iterable[Account],
    alipay_trans_id: str = "",
    partner_trans_id: str = "",
    actor: Actor,
) -> list[str]:
    """Ask now; answers why it could not be asked under an account, in words for people."""
    numbers = {"alipay_trans_id": alipay_trans_id, "partner_trans_id": partner_trans_id}
    refusals = []
    for account in accounts:
        try:
            _ask(account, counter, numbers, actor=actor)
        except LookupRefused as refused:
            refusals.append(str(refused))
    return refusals


def _ask(account: Account, counter: Counter, numbers: dict[str, str], *, actor: Actor) -> Lookup:
    """The same question as before is asked again, whether or not it had come to an end."""
    before = Lookup.objects.filter(account=account, counter=counter, **numbers).first()
    if before is not None and before.state != LookupState.ASKING:
        return ask_lookup_again(before, actor=actor)
    return ask_lookup(before or find_payment(account, counter=counter, actor=actor, **numbers))
