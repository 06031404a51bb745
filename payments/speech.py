"""What a counter's screen says aloud about a payment, in the language chosen on the screen."""

from enum import StrEnum

from merchant_portal.money import Money


class Tongue(StrEnum):
    """A language the browser's own voice may speak."""

    MANDARIN = "mandarin"
    CANTONESE = "cantonese"
    ENGLISH = "english"


_SENTENCES = {
    Tongue.MANDARIN: "支付宝到账{number}{unit}",
    Tongue.CANTONESE: "支付寶收到{number}{unit}",
    Tongue.ENGLISH: "Alipay payment received: {number} {unit}",
}

#: What the currency is called in each, in the order of `Tongue`.
_UNITS: dict[str, tuple[str, str, str]] = {
    "AED": ("迪拉姆", "迪拉姆", "dirhams"),
    "AUD": ("澳元", "澳元", "Australian dollars"),
    "CAD": ("加元", "加元", "Canadian dollars"),
    "CHF": ("瑞士法郎", "瑞士法郎", "Swiss francs"),
    "CNY": ("元", "蚊人民幣", "yuan"),
    "CZK": ("捷克克朗", "捷克克朗", "Czech crowns"),
    "DKK": ("丹麦克朗", "丹麥克朗", "Danish crowns"),
    "EUR": ("欧元", "歐元", "euros"),
    "GBP": ("英镑", "英鎊", "pounds"),
    "HKD": ("港元", "蚊", "Hong Kong dollars"),
    "IDR": ("印尼盾", "印尼盾", "rupiah"),
    "ILS": ("谢克尔", "謝克爾", "shekels"),
    "JPY": ("日元", "日圓", "yen"),
    "KRW": ("韩元", "韓圜", "won"),
    "LKR": ("斯里兰卡卢比", "斯里蘭卡盧比", "Sri Lankan rupees"),
    "MOP": ("澳门元", "澳門元", "patacas"),
    "MUR": ("毛里求斯卢比", "毛里裘斯盧比", "Mauritian rupees"),
    "MYR": ("林吉特", "令吉", "ringgit"),
    "NOK": ("挪威克朗", "挪威克朗", "Norwegian crowns"),
    "NZD": ("新西兰元", "紐西蘭元", "New Zealand dollars"),
    "PHP": ("菲律宾比索", "菲律賓披索", "Philippine pesos"),
    "RUB": ("卢布", "盧布", "roubles"),
    "SEK": ("瑞典克朗", "瑞典克朗", "Swedish crowns"),
    "SGD": ("新加坡元", "新加坡元", "Singapore dollars"),
    "THB": ("泰铢", "泰銖", "baht"),
    "TWD": ("新台币", "新台幣", "New Taiwan dollars"),
    "USD": ("美元", "美元", "US dollars"),
    "ZAR": ("兰特", "蘭特", "rand"),
}


def sayings(amount: Money) -> dict[Tongue, str]:
    """The sentence about an amount in every language."""
    return {tongue: sentence(amount, tongue) for tongue in Tongue}


def sentence(amount: Money, tongue: Tongue) -> str:
    """``Alipay payment received: 12.50 US dollars``; a voice reads the number as one."""
    unit = _UNITS[amount.currency][list(Tongue).index(tongue)]
    return _SENTENCES[tongue].format(number=_number(amount, tongue), unit=unit)


def _number(amount: Money, tongue: Tongue) -> str:
    """As it is said: whole amounts without decimals, and 十二点五, not 十二点五零."""
    whole, _, fraction = amount.decimal_text.partition(".")
    if tongue != Tongue.ENGLISH:
        fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction.strip("0") else whole
