"""Code 128 as a drawing: how a wallet shows a payment code (ISO/IEC 15417)."""

from .web import Html, fill, join

# Widths of bars and gaps by value; 105 starts set C (pairs of digits), 106 stops.
WIDTHS = (
    *("212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212"),
    *("221213", "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221"),
    *("223211", "221132", "221231", "213212", "223112", "312131", "311222", "321122", "321221"),
    *("312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123", "131321"),
    *("112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131"),
    *("113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131"),
    *("311123", "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111"),
    *("111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114"),
    *("122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111", "111242"),
    *("121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141"),
    *("214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311"),
    *("113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112"),
)
TO_SET_B, START_C, STOP = 100, 105, 106
DIGIT_IN_SET_B = 16
CHECK_MODULUS = 103
QUIET_ZONE = 10
HEIGHT = 60


def barcode(digits: str) -> Html:
    """The digits as one SVG drawing, with its quiet zones."""
    bars, x = [], QUIET_ZONE
    for value in _values(digits):
        for place, width in enumerate(map(int, WIDTHS[value])):
            if place % 2 == 0:
                bars.append(fill("_bar.html", {"x": str(x), "width": str(width)}))
            x += width
    values = {"bars": join(bars), "width": str(x + QUIET_ZONE), "height": str(HEIGHT)}
    return fill("_barcode.html", values)


def _values(digits: str) -> list[int]:
    """Start, pairs of digits, a last odd one in set B, check value, stop."""
    values = [START_C, *(int(digits[at : at + 2]) for at in range(0, len(digits) - 1, 2))]
    if len(digits) % 2:
        values += [TO_SET_B, DIGIT_IN_SET_B + int(digits[-1])]
    weighted = (max(place, 1) * value for place, value in enumerate(values))
    return [*values, sum(weighted) % CHECK_MODULUS, STOP]
