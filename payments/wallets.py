"""What wallets are called where people read of them.

Files, reports and the API keep Alipay's word.
"""

from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

#: The words of the gateway, and of the JSON API.
_NAMES = {
    "ALIPAYCN": _("Alipay"),
    "ALIPAY_CN": _("Alipay"),
    "ALIPAYHK": _("AlipayHK"),
    "ALIPAY_HK": _("AlipayHK"),
}


def wallet_name(wallet: str) -> str:
    """The wallet as people know it; one that is not known here stays as Alipay calls it."""
    return str(_NAMES.get(wallet, wallet))


def wallet_choices(wallets: Iterable[str]) -> list[tuple[str, str]]:
    """Wallets to choose from; where two words mean one of them, the word stands beside the name."""
    named = [(wallet, wallet_name(wallet)) for wallet in wallets]
    times = Counter(name for _wallet, name in named)
    return [(word, _beside(name, word) if times[name] > 1 else name) for word, name in named]


def _beside(name: str, word: str) -> str:
    return gettext("%(what)s (%(which)s)") % {"what": name, "which": word}
