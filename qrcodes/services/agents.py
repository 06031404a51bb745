"""Agent tokens: kept sealed, replaced, forgotten, and opened for the call that carries them."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.accounts.errors import AccountRefused, AgentTokenMissing
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.json_api.contract import fits_agent_token
from merchant_portal.audit import Actor
from merchant_portal.vault import open_vault
from qrcodes.models import AgentToken, Merchant


@transaction.atomic
def keep_agent_token(
    account: Account, merchant: Merchant, *, text: str, actor: Actor
) -> AgentToken:
    """Keep a merchant's token under an account, in the place of an earlier one.

    Raises AccountRefused where the account sends none or the text is no token.
    """
    if not account.sends_agent_tokens:
        raise AccountRefused(
            _("%(account)s sends no agent tokens; say so in its terms first.")
            % {"account": account}
        )
    if not fits_agent_token(text.strip()):
        raise AccountRefused(
            _("An agent token has 8 to 1024 letters, digits and signs, and no blanks.")
        )
    vault, plain = open_vault(settings.MASTER_KEY), text.strip().encode()
    token, _is_new = AgentToken.objects.update_or_create(
        account=account,
        merchant=merchant,
        defaults={
            "sealed": vault.seal(plain),
            "fingerprint": vault.fingerprint(plain),
            "kept_at": clock.now(),
        },
    )
    audit.record(
        actor,
        "keep_agent_token",
        account,
        merchant=merchant.secondary_merchant_id,
        fingerprint=token.fingerprint,
    )
    return token


@transaction.atomic
def forget_agent_token(account: Account, merchant: Merchant, *, actor: Actor) -> None:
    """Nothing can be sold or asked for this merchant under the account any more."""
    forgotten, _each = AgentToken.objects.filter(account=account, merchant=merchant).delete()
    if forgotten:
        audit.record(actor, "forget_agent_token", account, merchant=merchant.secondary_merchant_id)


def agent_token_for(account: Account, store_id: int | None) -> Secret | None:
    """The token of a store's merchant; None where the account sends none.

    Raises AgentTokenMissing where it must send one that is not kept, and SealBroken.
    """
    if not account.sends_agent_tokens:
        return None
    token = AgentToken.objects.filter(account=account, merchant__stores=store_id).first()
    if store_id is None or token is None:
        merchant = Merchant.objects.filter(stores=store_id).first() if store_id else None
        raise AgentTokenMissing(
            _("%(merchant)s has no agent token under %(account)s.")
            % {"merchant": merchant or _("A payment without a store"), "account": account}
        )
    return _opened(token)


def newest_agent_token(account: Account) -> Secret | None:
    """The token that was kept last, to try the account with; None where there is none."""
    if not account.sends_agent_tokens:
        return None
    token = account.agent_tokens.order_by("-kept_at", "-pk").first()
    return _opened(token) if token else None


@transaction.atomic
def reseal_agent_tokens() -> int:
    """Seal every token with the newest master key; raises SealBroken, changing nothing."""
    vault = open_vault(settings.MASTER_KEY)
    tokens = list(AgentToken.objects.select_for_update().order_by("pk"))
    for token in tokens:
        token.fingerprint = vault.fingerprint(vault.open(bytes(token.sealed)))
        token.sealed = vault.reseal(bytes(token.sealed))
    AgentToken.objects.bulk_update(tokens, ["sealed", "fingerprint"], batch_size=100)
    return len(tokens)


def _opened(token: AgentToken) -> Secret:
    return Secret(open_vault(settings.MASTER_KEY).open(bytes(token.sealed)).decode())
