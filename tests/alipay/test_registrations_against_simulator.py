"""Registering stores at the small Alipay, which shares no line with the package."""

from dataclasses import replace

import pytest

from merchant_portal.alipay.errors import GatewayRefused, GatewayUnreachable
from merchant_portal.alipay.messages import Region, ReviewAnswer, ReviewStatus, StoreRegistration
from merchant_portal.alipay.signing import SignType
from tests.alipay.shops import EVERY_ACCOUNT, OpenShop, Shop
from tests.alipay.test_registrations import REGISTRANT, STORE

REVIEW_SECONDS = 600


def review(shop: Shop, store: StoreRegistration = STORE) -> ReviewAnswer:
    return shop.client.query_store_review(
        secondary_merchant_id=store.secondary_merchant_id, store_id=store.store_id
    )


@pytest.mark.parametrize(("region", "sign_type"), EVERY_ACCOUNT)
def test_a_store_is_registered_reviewed_and_changed(
    region: Region, sign_type: SignType, open_shop: OpenShop
) -> None:
    shop = open_shop(region, sign_type)
    shop.client.register_store(STORE)
    assert review(shop).status is ReviewStatus.UNDER_REVIEW
    shop.alipay.advance(REVIEW_SECONDS)
    assert review(shop).status is ReviewStatus.SUCCESS
    shop.client.register_store(replace(STORE, store_name="Pier 4 北角 & Söhne"))
    assert review(shop).status is ReviewStatus.MODIFICATION_REVIEW


def test_nothing_registered_is_a_status(shop: Shop) -> None:
    assert review(shop).status is ReviewStatus.DATA_NOT_EXIST


def test_an_acquirer_that_does_not_name_the_registrant_is_refused(shop: Shop) -> None:
    with pytest.raises(GatewayRefused) as refused:
        shop.client.register_store(replace(STORE, registrant=None))
    assert (refused.value.code, refused.value.signed) == ("PARAM_ILLEGAL", True)


@pytest.mark.parametrize("missing", ["contact_no", "contact_email"])
def test_either_way_to_reach_the_registrant_is_enough(missing: str, shop: Shop) -> None:
    registrant = replace(REGISTRANT, **{missing: ""})  # type: ignore[arg-type]
    shop.client.register_store(replace(STORE, registrant=registrant))
    assert review(shop).status is ReviewStatus.UNDER_REVIEW


def test_a_registration_without_an_answer_is_found_by_asking(shop: Shop) -> None:
    shop.alipay.switch("done_but_no_answer", times=1)
    with pytest.raises(GatewayUnreachable):
        shop.client.register_store(STORE)
    assert review(shop).status is ReviewStatus.UNDER_REVIEW


def test_a_review_in_gbk_verifies(open_shop: OpenShop) -> None:
    shop = open_shop(Region.HK, SignType.RSA2)
    shop.client.register_store(STORE)
    shop.alipay.switch("gbk")
    answer = review(shop)
    assert b'encoding="GBK"' in answer.exchange.body
    assert answer.status is ReviewStatus.UNDER_REVIEW
