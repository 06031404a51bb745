"""Whatever the bytes are: a result or a located refusal."""

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.statements import FileState, Problem, Row, read_statement
from tests.alipay.statement_files import (
    COLUMNS,
    FIRST,
    NAME,
    ROW,
    SETTLED,
    SETTLEMENT_COLUMNS,
    SETTLEMENT_NAME,
    read_bytes,
    sample,
)

SAMPLES = [sample(name).read_bytes() for name in (NAME, SETTLEMENT_NAME)]
PIECES = [
    *(b"|", b"\n", b"\r\n", b"\r", b"\x00", b"-", b"\xff", b"\x81|", "海".encode(), b" \t"),
    *(text.encode() for text in (f"{FIRST}1\n", COLUMNS, ROW, SETTLEMENT_COLUMNS, SETTLED)),
    *(b"PK\x03\x04", b"<END>", b"Partner:", b"0.001", b"2024-03-15 09:12:44"),
]
names = st.sampled_from([NAME, SETTLEMENT_NAME, ""]) | st.text(max_size=40)


def damaged(body: bytes, at: int, length: int, piece: bytes) -> bytes:
    at %= len(body)
    return body[:at] + piece + body[at + length :]


any_bytes = (
    st.binary(max_size=400)
    | st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)
    | st.builds(
        damaged,
        st.sampled_from(SAMPLES),
        st.integers(0, 5000),
        st.integers(0, 80),
        st.sampled_from(PIECES) | st.binary(max_size=20),
    )
)


def assert_storable(line: Row | Problem) -> None:
    assert line.line_number >= 1
    for value in line:
        if isinstance(value, str):
            value.encode("utf-8")
            assert "\x00" not in value


@given(any_bytes, names)
def test_any_bytes_give_a_result_or_a_located_refusal(body: bytes, name: str) -> None:
    _, rows, set_aside, outcome = read_bytes(body, name=name)
    for line in (*rows, *set_aside):
        assert_storable(line)
    assert (outcome.rows, outcome.set_aside) == (len(rows), len(set_aside))
    assert (outcome.state is FileState.ACCEPTED) == (outcome.problem is None)
    if outcome.problem is not None:
        assert_storable(outcome.problem)


@given(any_bytes, names)
def test_the_same_bytes_give_the_same_lines_again(body: bytes, name: str) -> None:
    statement = read_statement(BytesIO(body), name=name)
    first, second = statement.read(), statement.read()
    assert list(first) == list(second)
    assert first.outcome == second.outcome


@given(st.integers(0, 10**12 - 1), st.sampled_from(["AUD", "HKD", "JPY", "KRW"]))
def test_an_amount_written_is_the_amount_read(minor: int, currency: str) -> None:
    whole = currency in {"JPY", "KRW"}
    text = f"{minor}" if whole else f"{minor // 100}.{minor % 100:02d}"
    row_text = ROW.replace("|12.50|0.10|AUD|", f"|{text}|0|{currency}|")
    _, [row], _, _ = read_bytes(f"{FIRST}1\n{COLUMNS}\n{row_text}\n".encode())
    assert (row.amount_minor, row.amount_text) == (minor, text)
