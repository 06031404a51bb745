"""The modules of a QR code: ISO/IEC 18004, error correction level M, quiet zone of four modules."""

from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET_ZONE_MODULES = 4


@lru_cache(maxsize=512)
def matrix_of(text: str) -> tuple[tuple[bool, ...], ...]:
    """The modules, quiet zone included; True is dark."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE_MODULES)
    code.add_data(text)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def dark_runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Where dark modules stand in a row: (first, how many)."""
    runs: list[tuple[int, int]] = []
    for x, is_dark in enumerate(row):
        if not is_dark:
            continue
        if runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((x, 1))
    return runs
