"""A wallet has one name wherever people read of it; Alipay's word stays in the address."""

import pytest
from django.utils import translation

from payments.models import EntryKind, Section, ZFigure
from payments.shift_sums import blocks
from payments.wallets import wallet_choices, wallet_name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("ALIPAYCN", "Alipay"),
        ("ALIPAY_CN", "Alipay"),
        ("ALIPAYHK", "AlipayHK"),
        ("ALIPAY_HK", "AlipayHK"),
        ("GCASH", "GCASH"),
        ("", ""),
    ],
)
def test_a_wallet_is_called_as_people_know_it(word: str, name: str) -> None:
    assert wallet_name(word) == name


def test_a_wallet_is_called_in_the_readers_language() -> None:
    with translation.override("zh-hant"):
        assert wallet_name("ALIPAYCN") == "支付寶"


def test_two_words_for_one_wallet_are_told_apart_where_one_is_chosen() -> None:
    assert wallet_choices(["ALIPAYCN", "ALIPAY_CN", "GCASH"]) == [
        ("ALIPAYCN", "Alipay (ALIPAYCN)"),
        ("ALIPAY_CN", "Alipay (ALIPAY_CN)"),
        ("GCASH", "GCASH"),
    ]


def test_a_report_tells_two_words_for_one_wallet_apart() -> None:
    figures = [
        ZFigure(section=Section.OUTSIDE, kind=EntryKind.PAYMENT, currency="USD", wallet=wallet)
        for wallet in ("ALIPAYCN", "ALIPAY_CN", "GCASH")
    ]
    rows = blocks(figures, own=None)[0].rows
    assert [row.wallet for row in rows] == ["Alipay (ALIPAYCN)", "Alipay (ALIPAY_CN)", "GCASH"]
