"""Reading the gateway's XML safely and by its declared encoding."""

import pytest

from merchant_portal.alipay.xml_documents import DocumentUnreadable, read_document

XML = "text/xml"


def text_of(body: bytes, *, content_type: str = XML) -> str:
    return read_document(body, content_type=content_type).root.text


@pytest.mark.parametrize("encoding", ["UTF-8", "utf-8", "GBK", "gbk", "GB2312", "GB18030"])
def test_a_document_is_read_by_the_encoding_it_declares(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><a>面家</a>'.encode(encoding)
    assert text_of(body, content_type="text/xml;charset=UTF-8") == "面家"


def test_gb2312_is_read_as_the_wider_gbk() -> None:
    """The gateway writes 麵 under either name, though only GBK has it."""
    assert text_of('<?xml version="1.0" encoding="GB2312"?><a>麵</a>'.encode("gbk")) == "麵"


def test_a_declaration_in_single_quotes_counts() -> None:
    assert text_of("<?xml version='1.0' encoding='GBK' ?><a>面家</a>".encode("gbk")) == "面家"


def test_without_a_declaration_the_content_type_decides_then_utf8() -> None:
    assert text_of("<a>面家</a>".encode("gbk"), content_type="text/xml;charset=GBK") == "面家"
    assert text_of("<a>面家</a>".encode()) == "面家"


def test_a_mark_and_blank_lines_before_the_document_do_no_harm() -> None:
    assert text_of(b'\xef\xbb\xbf\r\n<?xml version="1.0" encoding="UTF-8"?><a>x</a>') == "x"


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-7", "ISO-8859-1", "idna", "", "zlib"])
def test_an_encoding_that_is_not_in_use_is_refused(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><a>x</a>'.encode()
    if not encoding:
        assert text_of(body.replace(b' encoding=""', b"")) == "x"
        return
    with pytest.raises(DocumentUnreadable, match="not one in use"):
        text_of(body)


def test_escapes_are_undone_and_blanks_kept() -> None:
    assert text_of(b"<a> &lt;b&gt; &amp;amp; &#x6D77; <![CDATA[<&>]]> </a>") == " <b> &amp; 海 <&> "


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "no element"),
        (b"   ", "no element"),
        (b"<html><body>Sorry<br></body></html>", "mismatched tag"),
        (b"<alipay><is_success>T</is_su", "unclosed token"),
        (b"<alipay><is_success>T</is_success>", "no element"),
        (b"<a>\xff</a>", "byte 3"),
        (b"<a>&nbsp;</a>", "undefined entity"),
        (b"<a/><b/>", "junk"),
        (b"true", "syntax error"),
        (b"<a>\x00</a>", "not well-formed"),
    ],
)
def test_what_is_no_document_is_refused_with_the_place(body: bytes, problem: str) -> None:
    with pytest.raises(DocumentUnreadable, match=problem):
        text_of(body)


BOMBS = [
    b'<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>',
    b'<!DOCTYPE a SYSTEM "http://127.0.0.1/evil.dtd"><a/>',
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    b"<!DOCTYPE a><a/>",
    b'<?xml version="1.0"?><!DOCTYPE a ['
    + b'<!ENTITY l0 "lol">'
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><a>&l9;</a>",
]


@pytest.mark.parametrize("body", BOMBS)
def test_a_doctype_is_refused_before_anything_in_it_counts(body: bytes) -> None:
    with pytest.raises(DocumentUnreadable, match="DOCTYPE at line 1"):
        text_of(body)


def test_elements_in_elements_are_bounded() -> None:
    for deep in (b"<a>" * 100_000, b"<a>" * 50 + b"</a>" * 50):
        with pytest.raises(DocumentUnreadable, match="too many"):
            text_of(deep)


def test_elements_beside_elements_are_bounded() -> None:
    with pytest.raises(DocumentUnreadable, match="too many"):
        text_of(b"<a>" + b"<b/>" * 10_000 + b"</a>")


def test_one_megabyte_of_text_is_read() -> None:
    assert len(text_of(b"<a>" + b"x" * 1_000_000 + b"</a>")) == 1_000_000


def test_two_children_of_one_name_cannot_be_told_apart() -> None:
    root = read_document(b"<a><b>1</b><b>2</b></a>", content_type=XML).root
    with pytest.raises(DocumentUnreadable, match="2 times"):
        root.child_text("b")
