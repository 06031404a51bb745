"""What a code says about its shop, and what is refused before it is sent."""

import json
from dataclasses import replace

import pytest

from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.messages import (
    ChannelFee,
    ChannelFeeType,
    CodeDetails,
    JSONForm,
    Region,
)
from tests.alipay.samples import vector_of

TENTH_OF_A_PERCENT = ChannelFee(ChannelFeeType.RATE, "0.001")


def biz_data_of(file: str) -> str:
    """The JSON as it stands in a sample's pre-sign string."""
    _, _, rest = vector_of(file)["pre_sign"].partition("biz_data=")
    return rest.partition("&biz_type=")[0]


def test_the_json_is_that_of_the_global_sample(noodle_bar: CodeDetails) -> None:
    assert noodle_bar.as_biz_data(Region.GLOBAL) == biz_data_of("01-create-request-global.txt")


def test_the_json_is_that_of_the_hong_kong_sample(hk_noodle_bar: CodeDetails) -> None:
    details = replace(hk_noodle_bar, channel_fee=ChannelFee(ChannelFeeType.RATE, "0.01"))
    assert details.as_biz_data(Region.HK) == biz_data_of("04-create-request-hk.txt")


def test_members_that_hold_json_can_travel_the_other_way_round(noodle_bar: CodeDetails) -> None:
    text = replace(noodle_bar, channel_fee=TENTH_OF_A_PERCENT).as_biz_data(
        Region.GLOBAL, channel_fee_form=JSONForm.TEXT, passback_form=JSONForm.OBJECT
    )
    members = json.loads(text)
    assert members["channel_fee"] == '{"type":"RATE","value":"0.001"}'
    assert members["passback_parameters"] == {"till": "7"}


def test_what_is_not_given_is_not_sent(hk_noodle_bar: CodeDetails) -> None:
    members = json.loads(replace(hk_noodle_bar, address="", country_code="").as_biz_data(Region.HK))
    assert set(members) == {
        "secondary_merchant_industry",
        "secondary_merchant_id",
        "secondary_merchant_name",
        "store_id",
        "store_name",
        "trans_currency",
        "currency",
    }


def refused(details: CodeDetails, region: Region = Region.GLOBAL) -> str:
    with pytest.raises(RequestInvalid) as refusal:
        details.as_biz_data(region)
    return refusal.value.field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("secondary_merchant_industry", ""),
        ("secondary_merchant_industry", "581"),
        ("secondary_merchant_industry", "58122"),
        ("secondary_merchant_industry", "５８１２"),
        ("secondary_merchant_industry", "4121"),
        ("secondary_merchant_id", ""),
        ("secondary_merchant_id", "M 1"),
        ("secondary_merchant_id", "M1\n"),
        ("secondary_merchant_id", "M" * 65),
        ("secondary_merchant_name", ""),
        ("secondary_merchant_name", "  "),
        ("secondary_merchant_name", "n" * 65),
        ("secondary_merchant_name", "a\x00b"),
        ("store_id", ""),
        ("store_id", "S" * 33),
        ("store_id", "S 1"),
        ("store_name", ""),
        ("store_name", "n" * 257),
        ("store_name", "two\nlines"),
        ("store_name", "\ud800"),
        ("address", "one\ttwo"),
        ("country_code", "us"),
        ("country_code", "USA"),
        ("trans_currency", "usd"),
        ("trans_currency", ""),
        ("currency", "US"),
        ("currency", "EUR"),
        ("sys_service_provider_id", "2088-1"),
        ("passback_parameters", "till 7"),
        ("passback_parameters", "[1]"),
        ("passback_parameters", '{"a":{"b":1}}'),
        ("passback_parameters", '{"a":"' + "x" * 250 + '"}'),
    ],
)
def test_an_unfit_member_is_refused_by_its_name(
    field: str, value: str, noodle_bar: CodeDetails
) -> None:
    assert refused(replace(noodle_bar, **{field: value})) == field


def test_ids_and_names_are_shorter_in_hong_kong(hk_noodle_bar: CodeDetails) -> None:
    for field in ("secondary_merchant_id", "secondary_merchant_name"):
        longest = replace(hk_noodle_bar, **{field: "M" * 32})
        assert longest.as_biz_data(Region.HK)
        assert refused(replace(hk_noodle_bar, **{field: "M" * 33}), Region.HK) == field


def test_the_longest_global_ids_and_names_are_taken(noodle_bar: CodeDetails) -> None:
    for field in ("secondary_merchant_id", "secondary_merchant_name"):
        assert replace(noodle_bar, **{field: "M" * 64}).as_biz_data(Region.GLOBAL)


@pytest.mark.parametrize("field", ["secondary_merchant_name", "store_name", "address"])
def test_double_quotes_in_texts_are_refused_in_hong_kong_only(
    field: str, noodle_bar: CodeDetails, hk_noodle_bar: CodeDetails
) -> None:
    assert refused(replace(hk_noodle_bar, **{field: 'The "Bar"'}), Region.HK) == field
    text = replace(noodle_bar, **{field: 'The "Bar"'}).as_biz_data(Region.GLOBAL)
    assert json.loads(text)[field] == 'The "Bar"'


def test_hong_kong_takes_hong_kong_dollars_only(hk_noodle_bar: CodeDetails) -> None:
    assert refused(replace(hk_noodle_bar, trans_currency="USD"), Region.HK) == "currency"
    assert refused(replace(hk_noodle_bar, currency="CNY"), Region.HK) == "currency"


@pytest.mark.parametrize(
    ("pricing", "settlement"), [("USD", "CNY"), ("CNY", "USD"), ("JPY", "JPY")]
)
def test_settlement_may_be_in_cny_or_as_priced(
    pricing: str, settlement: str, noodle_bar: CodeDetails
) -> None:
    assert replace(noodle_bar, trans_currency=pricing, currency=settlement).as_biz_data(
        Region.GLOBAL
    )


@pytest.mark.parametrize("value", ["0", "0.05", "0.050", "0.0123"])
def test_a_rate_up_to_five_percent_is_taken(value: str, noodle_bar: CodeDetails) -> None:
    fee = ChannelFee(ChannelFeeType.RATE, value)
    members = json.loads(replace(noodle_bar, channel_fee=fee).as_biz_data(Region.GLOBAL))
    assert members["channel_fee"] == {"type": "RATE", "value": value}


@pytest.mark.parametrize("value", ["", "0.0501", "1", "-0.01", "1e-3", ".01", "0,01", "NaN", "٠"])
def test_any_other_rate_is_refused(value: str, noodle_bar: CodeDetails) -> None:
    fee = ChannelFee(ChannelFeeType.RATE, value)
    assert refused(replace(noodle_bar, channel_fee=fee)) == "channel_fee"


@pytest.mark.parametrize(
    ("currency", "value", "fits"),
    [("USD", "0.50", True), ("USD", "0.505", False), ("JPY", "5", True), ("JPY", "5.0", False)],
)
def test_a_fixed_fee_has_the_decimals_of_its_currency(
    currency: str, value: str, fits: bool, noodle_bar: CodeDetails
) -> None:
    fee = ChannelFee(ChannelFeeType.FIXED, value)
    details = replace(noodle_bar, trans_currency=currency, currency=currency, channel_fee=fee)
    if fits:
        assert json.loads(details.as_biz_data(Region.GLOBAL))["channel_fee"]["value"] == value
    else:
        assert refused(details) == "channel_fee"


def test_more_than_two_thousand_characters_are_refused(noodle_bar: CodeDetails) -> None:
    spare = 2000 - len(noodle_bar.as_biz_data(Region.GLOBAL)) + len(noodle_bar.address)
    assert len(replace(noodle_bar, address="x" * spare).as_biz_data(Region.GLOBAL)) == 2000
    assert refused(replace(noodle_bar, address="x" * (spare + 1))) == "biz_data"
