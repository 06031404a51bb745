"""Keys of an account: joined, waiting, retired, opened."""

import pytest

from merchant_portal import clock
from merchant_portal.accounts import services
from merchant_portal.accounts.errors import AccountRefused, KeyMissing, LastKey
from merchant_portal.accounts.models import Account, AccountKey, KeyPurpose
from merchant_portal.alipay import signing
from merchant_portal.models import AuditEntry
from tests.accounts.key_texts import rsa_pair
from tests.factories import ACTOR, TEST_MD5_KEY, add_md5_key

pytestmark = pytest.mark.django_db


def _add(account: Account, purpose: KeyPurpose, text: str, algorithm: str = "RSA2") -> AccountKey:
    return services.add_key(account, purpose=purpose, algorithm=algorithm, text=text, actor=ACTOR)


@pytest.fixture
def rsa_account(account: Account) -> Account:
    """The account signing with RSA2, with our key and Alipay's."""
    Account.objects.filter(pk=account.pk).update(sign_type="RSA2")
    account.refresh_from_db()
    _add(account, KeyPurpose.OURS, rsa_pair(1)[0])
    _add(account, KeyPurpose.ALIPAY, rsa_pair(2)[1])
    return account


def test_the_newest_of_two_live_keys_signs_and_both_verify(account: Account) -> None:
    add_md5_key(account, "newer0test0key")
    contract = services.contract_of(account)
    assert contract.signing_key == signing.MD5Key("newer0test0key")
    assert len(contract.verifying_keys) == 2


def test_the_last_key_is_not_retired_by_a_slip(account: Account) -> None:
    with pytest.raises(LastKey):
        services.retire_key(account.keys.get(), actor=ACTOR)
    assert services.missing_keys(account, at=clock.now()) == []


def test_the_last_key_is_retired_when_it_is_named(account: Account) -> None:
    key = account.keys.get()
    services.retire_key(key, actor=ACTOR, confirmed_fingerprint=key.fingerprint)
    with pytest.raises(KeyMissing):
        services.contract_of(account)


def test_one_of_two_keys_is_retired_without_more_ado(account: Account) -> None:
    old = account.keys.get()
    add_md5_key(account, "newer0test0key")
    services.retire_key(old, actor=ACTOR)
    assert len(services.contract_of(account).verifying_keys) == 1


def test_a_retired_key_that_is_added_again_is_in_force(account: Account) -> None:
    old = account.keys.get()
    services.retire_key(old, actor=ACTOR, confirmed_fingerprint=old.fingerprint)
    add_md5_key(account, TEST_MD5_KEY)
    assert account.keys.get().is_live(clock.now())


def test_a_key_that_is_made_here_signs_once_alipay_has_it(rsa_account: Account) -> None:
    before = services.contract_of(rsa_account).signing_key
    made = services.generate_key_pair(rsa_account, algorithm="RSA2", actor=ACTOR)
    assert services.contract_of(rsa_account).signing_key == before
    services.activate_key(made, actor=ACTOR)
    assert services.contract_of(rsa_account).signing_key != before


def test_the_public_half_verifies_what_the_made_key_signs(rsa_account: Account) -> None:
    made = services.activate_key(
        services.generate_key_pair(rsa_account, algorithm="RSA2", actor=ACTOR), actor=ACTOR
    )
    own = services.contract_of(rsa_account).signing_key
    assert own is not None
    public = signing.RSAPublicKey(services.public_half(made), signing.SignType.RSA2)
    assert signing.verifies("a=1", signing.sign("a=1", own), public)


def test_alipays_key_has_no_half_to_upload(rsa_account: Account) -> None:
    with pytest.raises(AccountRefused):
        services.public_half(rsa_account.keys.get(purpose=KeyPurpose.ALIPAY))


def test_hong_kong_with_rsa_needs_an_md5_key_too(hk_account: Account) -> None:
    Account.objects.filter(pk=hk_account.pk).update(sign_type="RSA2")
    hk_account.refresh_from_db()
    _add(hk_account, KeyPurpose.OURS, rsa_pair(1)[0])
    _add(hk_account, KeyPurpose.ALIPAY, rsa_pair(2)[1])
    md5 = hk_account.keys.get(purpose=KeyPurpose.SHARED)
    with pytest.raises(LastKey):
        services.retire_key(md5, actor=ACTOR)


@pytest.mark.parametrize("purpose", [KeyPurpose.OURS, KeyPurpose.ALIPAY])
def test_a_key_of_the_wrong_half_is_refused(account: Account, purpose: KeyPurpose) -> None:
    wrong = rsa_pair()[1] if purpose == KeyPurpose.OURS else rsa_pair()[0]
    with pytest.raises(AccountRefused, match="is wanted here"):
        _add(account, purpose, wrong)


def test_no_secret_is_kept_in_clear(account: Account) -> None:
    assert TEST_MD5_KEY.encode() not in bytes(account.keys.get().sealed)
    assert TEST_MD5_KEY not in str(list(AuditEntry.objects.values()))
