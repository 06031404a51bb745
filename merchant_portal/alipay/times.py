"""The gateway's conventions of writing an instant; all of them are GMT+8 or count from 1970.

- text, `yyyy-MM-dd HH:mm:ss`: requests about codes and every notification
  (global.alipay.com/docs/ac/global/qrcode_create);
- compact, `yyyyMMddHHmmss`: `alipay_pay_time` in query answers (global/overseas_query);
- milliseconds since 1970: `alipay.acquire.cancel` (global/acquire_cancel), whose samples of
  Alipay's own also show the other two;
- ISO 8601 with its zone: the JSON API (docs.antom.com/ac/ams/api_fund).
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from merchant_portal.alipay.words import TimeForm

GMT8 = timezone(timedelta(hours=8), "GMT+8")

_text = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
_compact = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
_iso8601 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_epoch = datetime(1970, 1, 1, tzinfo=UTC)


def _aware(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return now


def gateway_timestamp(now: datetime) -> str:
    """The instant as text in GMT+8, whatever zone it came in."""
    return _aware(now).astimezone(GMT8).strftime("%Y-%m-%d %H:%M:%S")


def milliseconds(now: datetime) -> str:
    """The instant in whole milliseconds since 1970."""
    return str((_aware(now) - _epoch) // timedelta(milliseconds=1))


def compact(now: datetime) -> str:
    """The instant in GMT+8 without separators."""
    return _aware(now).astimezone(GMT8).strftime("%Y%m%d%H%M%S")


def iso8601(now: datetime) -> str:
    """The instant in GMT+8 with its zone: `2026-11-20T19:50:01+08:00`."""
    return _aware(now).astimezone(GMT8).isoformat(timespec="seconds")


def written(now: datetime, form: TimeForm) -> str:
    """The instant in one of the three forms."""
    if form is TimeForm.MILLISECONDS:
        return milliseconds(now)
    return gateway_timestamp(now) if form is TimeForm.TEXT else compact(now)


def parse_text(text: str) -> datetime:
    """Read `yyyy-MM-dd HH:mm:ss` as GMT+8; ValueError for anything else."""
    return _parsed(_text, text)


def parse_compact(text: str) -> datetime:
    """Read `yyyyMMddHHmmss` as GMT+8; ValueError for anything else."""
    return _parsed(_compact, text)


def parse_iso8601(text: str) -> datetime:
    """Read an instant with its zone; ValueError for anything else."""
    if _iso8601.fullmatch(text) is None:
        raise ValueError(f"not a time with its zone: {text[:40]!r}")
    return datetime.fromisoformat(text)


def _parsed(form: re.Pattern[str], text: str) -> datetime:
    match = form.fullmatch(text)
    if match is None:
        raise ValueError(f"not a gateway time: {text!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=GMT8)
