"""The shop a sale is made in, as gateway.do names it: `extend_info`, or `extend_params`.

Sources: global.alipay.com/docs/ac/global/spot_pay, /precreate_transaction.
"""

import json
import re
from typing import Any

from .biz_data import is_writable
from .records import Partner, Region

LONGEST_NAME = 64
PATTERNS = {
    "secondary_merchant_id": r"[A-Za-z0-9_]{1,32}",
    "secondary_merchant_name": rf"(?s:.{{1,{LONGEST_NAME}}})",
    "secondary_merchant_industry": r"[0-9]{4}",
    "store_id": r"[A-Za-z0-9_-]{1,32}",
    "store_name": rf"(?s:.{{0,{LONGEST_NAME}}})",
    "terminal_id": r"[A-Za-z0-9_-]{1,32}",
    "sys_service_provider_id": r"2088[0-9]{12}",
}
OPTIONAL = frozenset({"terminal_id", "sys_service_provider_id"})


class UnusableShop(ValueError):
    """The shop is described wrongly; the text names the member."""


def read_shop(text: str, partner: Partner) -> dict[str, Any]:
    """The members, checked; raises UnusableShop. Others are left as they are."""
    members = read_object(text)
    for name, pattern in PATTERNS.items():
        member = members.get(name)
        if member is None and name in OPTIONAL:
            continue
        if not isinstance(member, str) or re.fullmatch(pattern, member, re.ASCII) is None:
            raise UnusableShop(name)
        # The HK pages forbid the half-width double quotation mark inside names.
        if partner.region == Region.HK and '"' in member:
            raise UnusableShop(name)
    return members


def shop_terms(members: dict[str, Any], *, pricing: str, settlement: str) -> str:
    """What the books keep of a shop, under the names of a code's biz_data, always the same way."""
    kept = {name: members[name] for name in PATTERNS if members.get(name)}
    kept |= {"trans_currency": pricing, "currency": settlement}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def read_object(text: str) -> dict[str, Any]:
    """A JSON object; raises UnusableShop."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as unreadable:
        raise UnusableShop("not JSON") from unreadable
    if not isinstance(members, dict) or not is_writable(json.dumps(members, ensure_ascii=False)):
        raise UnusableShop("not an object")
    return members
