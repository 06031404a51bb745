"""What a word tells of a payment beside its state: numbers, time, place, wallet, buyer, discount.

The caller holds the lock and saves the payment.
"""

from merchant_portal.accounts.models import Account
from payments.models import Payment
from payments.services.steps import raise_question
from payments.services.words import Place, Word, masked, read_discount
from payments.states import Interface, Question

_GLOBAL_WALLET = "ALIPAYCN"


def settlement_currency(account: Account, payment: Payment) -> str:
    """In which currency Alipay settles the payment, as far as it is known."""
    if payment.code is not None:
        return payment.code.enrolment.settlement_currency
    if payment.is_begun_here:
        enrolments = account.enrolments.filter(store=payment.store_id, counter=None)
        for settlement in enrolments.values_list("settlement_currency", flat=True):
            return settlement
    return account.settlement_currency


def learn(payment: Payment, word: Word) -> None:
    """Fill in what was not known; nothing known is overwritten."""
    payment.alipay_trans_id = payment.alipay_trans_id or word.alipay_trans_id
    _learn_order_number(payment, word.partner_trans_id)
    if payment.paid_at is None and word.paid_at is not None:
        payment.paid_at = payment.occurred_at = word.paid_at
    if not payment.is_begun_here:  # What the shop began has its counter from the beginning.
        _learn_place(payment, word)
    describe(payment, word)


def _learn_order_number(payment: Payment, said: str) -> None:
    """One order number belongs to one payment: a second claim to it is a question."""
    if said in {"", payment.partner_trans_id}:
        return
    others = Payment.objects.filter(account=payment.account_id, partner_trans_id=said)
    if payment.partner_trans_id or others.exclude(pk=payment.pk).exists():
        raise_question(payment, Question.NUMBERS_DIFFER)
    else:
        payment.partner_trans_id = said


def describe(payment: Payment, word: Word) -> None:
    """Wallet, buyer and discount, where they were not known."""
    account = payment.account
    payment.buyer = payment.buyer or masked(word.buyer)
    # Told in Hong Kong and by the JSON API; else, under a global contract, the Alipay China wallet
    # pays.
    is_told = account.is_hk or payment.interface == Interface.JSON
    told = word.wallet[:32] or ("" if is_told else _GLOBAL_WALLET)
    payment.wallet = payment.wallet or told
    if word.discount_text and not payment.merchant_discount_minor:
        discount = read_discount(word.discount_text, settlement_currency(account, payment))
        if discount is not None:
            payment.merchant_discount_minor = discount.minor
            payment.merchant_discount_currency = discount.currency


def _learn_place(payment: Payment, word: Word) -> None:
    """A code is evidence, and decides; the counter somebody asked from or chose is not."""
    place = word.place
    known = (payment.store_id, payment.counter_id)
    if place.code is None:
        if payment.is_unplaced and place.store_id is not None:
            _put(payment, place)
        return
    enrolment = place.code.enrolment
    if not payment.is_unplaced and known != (enrolment.store_id, enrolment.counter_id):
        raise_question(payment, Question.PLACE_DIFFERS)
    if payment.code_id is None:
        _put(payment, place)


def _put(payment: Payment, place: Place) -> None:
    payment.store_id, payment.counter_id = place.store_id, place.counter_id
    payment.code = place.code
