"""Which shop a sale at the counter is made in: `extend_info` of a scan, `extend_params` of a code.

Pages: global.alipay.com/docs/ac/global/spot_pay and /precreate_transaction.
"""

import re
from dataclasses import dataclass

from merchant_portal.alipay.contract import TextLengths
from merchant_portal.alipay.fitting import (
    compact_json,
    fit_text,
    fit_words,
    refuse_quotes,
    require_form,
)
from merchant_portal.alipay.words import Region

_merchant_id = re.compile(r"[A-Za-z0-9_]{1,32}")
_industry = re.compile(r"[0-9]{4}")
_store_id = re.compile(r"[A-Za-z0-9_-]{1,32}")  # the dash: a store's codes use such ids too
_shown_id = re.compile(r"[A-Za-z0-9_-]{0,32}")


@dataclass(frozen=True, kw_only=True)
class ShopDetails:
    """The secondary merchant and its store; `store_name` may be empty for a verified store."""

    secondary_merchant_id: str
    secondary_merchant_name: str
    secondary_merchant_industry: str
    store_id: str
    store_name: str
    terminal_id: str = ""
    sys_service_provider_id: str = ""

    def as_json(self, region: Region, lengths: TextLengths) -> str:
        """The JSON text, compact; RequestInvalid if unfit."""
        self.refuse_unfit(region, lengths)
        members = {
            "secondary_merchant_name": self.secondary_merchant_name,
            "secondary_merchant_id": self.secondary_merchant_id,
            "secondary_merchant_industry": self.secondary_merchant_industry,
            "store_id": self.store_id,
            "store_name": self.store_name,
            "terminal_id": self.terminal_id,
            "sys_service_provider_id": self.sys_service_provider_id,
        }
        return compact_json({name: value for name, value in members.items() if value})

    def refuse_unfit(self, region: Region, lengths: TextLengths) -> None:
        require_form(_merchant_id, "secondary_merchant_id", self.secondary_merchant_id)
        require_form(_industry, "secondary_merchant_industry", self.secondary_merchant_industry)
        require_form(_store_id, "store_id", self.store_id)
        require_form(_shown_id, "terminal_id", self.terminal_id)
        require_form(_shown_id, "sys_service_provider_id", self.sys_service_provider_id)
        name = "secondary_merchant_name"
        fit_text(name, self.secondary_merchant_name, longest=lengths.secondary_merchant_name)
        fit_words("store_name", self.store_name, longest=lengths.store_name)
        texts = {name: self.secondary_merchant_name, "store_name": self.store_name}
        refuse_quotes(region, texts)
