"""How pages say what is kept as a code, in the reader's language."""

from django import template
from django.utils.text import capfirst
from django_stubs_ext import StrOrPromise

from merchant_portal.wording import listed
from payments.models import CancelMove, GivingBack
from payments.sale_sentences import refusal_sentence
from payments.sentences import ACTORS, DETAILS, VERBS, call_words, said
from payments.states import CancelState, PaymentState
from payments.timeline import answer_text
from payments.wallets import wallet_name
from reconciliation.sentences import DOCUMENTS, ROW_CODES, translated
from refunds.models import RefundMove
from refunds.states import RefundState

register = template.Library()


@register.filter
def document_name(word: str) -> StrOrPromise:
    """What a nightly file lists."""
    return DOCUMENTS.get(word, word)


@register.filter
def row_code(word: str) -> StrOrPromise:
    """Why a line was set aside, in two words."""
    return ROW_CODES.get(word, word)


register.filter("translated", translated)


register.filter(listed)
register.filter("answer_text", answer_text)


@register.filter
def payment_state(state: str) -> str:
    """The word for a payment's state, where there is no payment to ask."""
    return str(PaymentState(state).label) if state else ""


@register.filter
def noun(row: GivingBack) -> str:
    """What a row is, as a heading says it: ``Refund``, ``Cancel``."""
    return capfirst(str(row._meta.verbose_name))


@register.filter
def moved_noun(move: CancelMove | RefundMove) -> GivingBack:
    """The refund or cancel that a move is of."""
    return move.refund if isinstance(move, RefundMove) else move.cancel


@register.filter
def state_before(move: CancelMove | RefundMove) -> str:
    """The word for the state a refund or cancel came from."""
    states = RefundState if isinstance(move, RefundMove) else CancelState
    return str(states(move.from_state).label)


register.filter("call_words", call_words)
register.simple_tag(said)


@register.filter
def detail_words(word: object) -> str:
    """A word that the audit log keeps beside a verb; what is not in our list stays as it is."""
    return str(DETAILS.get(str(word), word))


@register.filter
def actor_words(name: str) -> str:
    """Who did it; what is nobody's name is said in the reader's language."""
    return str(ACTORS.get(name, name))


#: A wallet as people know it.
register.filter("wallet_name", wallet_name)


@register.filter
def refusal_words(code: str) -> str:
    """Why Alipay refused a sale, as a sentence for the cashier."""
    return refusal_sentence(code)


@register.filter
def verb_words(verb: str) -> str:
    """A verb of the audit log as people say it: ``ask_alipay`` reads ``asked Alipay``."""
    return str(VERBS.get(verb, verb.replace("_", " ")))
