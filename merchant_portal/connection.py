"""Trying an account's connection with a question that changes nothing.

We ask about a payment that cannot exist. The signed "TRADE_NOT_EXIST" (at the JSON API
"ORDER_NOT_EXIST") proves that Alipay takes our signature and that we verify Alipay's.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from merchant_portal import gateway
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.errors import NoAnswer
from merchant_portal.alipay.json_api.inquiries import InquiryAnswer
from merchant_portal.alipay.messages import TradeAnswer
from merchant_portal.gateway import Answered, Refused, Unanswered
from merchant_portal.vault import SealBroken
from qrcodes.services import newest_agent_token

#: The gateway's word and the JSON API's.
_NOT_THERE = frozenset({"TRADE_NOT_EXIST", "ORDER_NOT_EXIST"})

Heard = Answered[TradeAnswer] | Answered[InquiryAnswer] | Refused | Unanswered


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the account can speak with Alipay, and in plain words what stands in the way."""

    works: bool
    sentence: str


def check_connection(account: Account) -> Verdict:
    """Ask Alipay the harmless question and say what its answer means.

    Where the account sells through the JSON API it is asked there too; both have to answer.
    """
    verdict = _asked(lambda number: _ask_gateway(account, number))
    if not (verdict.works and account.sells_by_json):
        return verdict
    told = _asked(lambda number: _ask_json(account, number))
    if told.works:
        return Verdict(works=True, sentence=_("Gateway and JSON API: %s") % told.sentence)
    return Verdict(works=False, sentence=_("The gateway answers. JSON API: %s") % told.sentence)


def _asked(question: Callable[[str], Heard]) -> Verdict:
    try:
        heard = question(f"check{secrets.token_hex(12)}")
    except SealBroken:
        return Verdict(works=False, sentence=_("Nothing was sent: the master key opens no key."))
    except gateway.NOTHING_SENT as unfit:
        return Verdict(works=False, sentence=_("Nothing was sent: %s") % unfit)
    return _verdict(heard)


def _ask_gateway(account: Account, number: str) -> Heard:
    return gateway.ask(
        account, account, lambda client: client.query_payment(partner_trans_id=number)
    )


def _ask_json(account: Account, number: str) -> Heard:
    return gateway.ask_json(
        account,
        account,
        lambda client: client.inquire_payment(payment_request_id=number),
        agent_token=newest_agent_token(account),
    )


def _verdict(heard: Heard) -> Verdict:
    match heard:
        case Refused(code=code, signed=True) if code in _NOT_THERE:
            return Verdict(
                works=True,
                sentence=_("Connected: Alipay took our signature, and its answer is verified."),
            )
        case Refused(code=code, signed=False) if code in _NOT_THERE:
            return Verdict(
                works=False,
                sentence=_(
                    "Alipay took our signature, but its answer is not signed, so our copy of"
                    " Alipay's key is not proven."
                ),
            )
        case Refused(code=code):
            return Verdict(works=False, sentence=_refusal(code))
        case Unanswered(reason=reason):
            return Verdict(works=False, sentence=_silence(reason))
        case _:
            return Verdict(works=True, sentence=_("Connected: Alipay answered, and is verified."))


def _refusal(code: str) -> str:
    sentences = {
        "ILLEGAL_SIGN": _(
            "Alipay does not accept our signature: the key here is not the one Alipay has."
            " With RSA, upload our public half at Alipay; with MD5, copy the key again."
        ),
        "ILLEGAL_SIGN_TYPE": _("Alipay has another sign type for this partner id."),
        "ILLEGAL_PARTNER": _("Alipay does not know this partner id at this address."),
        "HAS_NO_PRIVILEGE": _("The contract does not include this service; ask Alipay."),
        "ILLEGAL_SERVICE": _("Alipay does not offer this service at this address."),
        "ILLEGAL_CLIENT_IP": _("Alipay expects calls from another address of ours."),
    }
    sentences["SIGNATURE_INVALID"] = sentences["INVALID_SIGNATURE"] = sentences["ILLEGAL_SIGN"]
    for name in ("INVALID_CLIENT", "CLIENT_INVALID"):
        sentences[name] = _("Alipay does not know this client id at this address.")
    sentences["KEY_NOT_FOUND"] = _("Alipay has no key of ours with this key version.")
    return sentences.get(code, _("Alipay refused: %s.") % code)


def _silence(reason: NoAnswer) -> str:
    match reason:
        case NoAnswer.BAD_SIGNATURE:
            return _(
                "Alipay answered, but the signature does not verify: our copy of Alipay's key is"
                " wrong."
            )
        case NoAnswer.CONNECTION:
            return _("Nobody answers at the gateway address; check it, and the network.")
        case NoAnswer.TIMEOUT:
            return _("The gateway address did not answer in time.")
        case NoAnswer.UNREADABLE | NoAnswer.HTTP_STATUS:
            return _("What answers at the gateway address is not Alipay's gateway.")
        case _:
            return _("Alipay answered that it is not able to answer now; try again later.")
