"""The verbs about accounts and their keys, and what the protocol package needs of them."""

from merchant_portal.accounts.services.contracts import (
    contract_of,
    json_contract_of,
    open_json_keys,
    open_verifying_key,
    open_verifying_keys,
    public_half,
    verifying_keys,
)
from merchant_portal.accounts.services.keys import (
    activate_key,
    add_key,
    generate_key_pair,
    reseal_keys,
    retire_key,
)
from merchant_portal.accounts.services.needs import (
    KeyNeed,
    json_gap,
    missing_keys,
    need_without,
    own_algorithms,
    unfit_keys,
    unmet_needs,
)
from merchant_portal.accounts.services.terms import (
    TERMS,
    add_account,
    read_approval_limit,
    save_account,
)

__all__ = [
    "TERMS",
    "KeyNeed",
    "activate_key",
    "add_account",
    "add_key",
    "contract_of",
    "generate_key_pair",
    "json_contract_of",
    "json_gap",
    "missing_keys",
    "need_without",
    "open_json_keys",
    "open_verifying_key",
    "open_verifying_keys",
    "own_algorithms",
    "public_half",
    "read_approval_limit",
    "reseal_keys",
    "retire_key",
    "save_account",
    "unfit_keys",
    "unmet_needs",
    "verifying_keys",
]
