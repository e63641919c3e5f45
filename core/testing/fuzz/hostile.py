"""What nobody sends by accident: values and bodies that break careless readers."""

from typing import Any

NESTED: Any = []
for _ in range(200):
    NESTED = [NESTED]

VALUES: tuple[Any, ...] = (
    *("", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "\ufeff", "\u202e", "\u2028", "\x7f\x1b"),
    *("%", "%00", "%ff", "'", '"', "\\", "_", "../../etc", "<b>", "{{7*7}}", "null", "true"),
    *("a" * 300, "a" * 30_000, "é" * 3000, "٣", "½", "Ⅷ", "1_000", "+1", " 1 ", "0x10", "1e9"),
    *("999999999", "9" * 400, "-1", "-0", "1e400", "inf", "nan", "2.5"),
    *("0000-00-00", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59+14:00", "2026-02-30"),
    *("0001-01-01T00:00:00-14:00", "2026-W01-1", "24:00", "-1:00", "http://[::1", "http://"),
    *(0, 1, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**400),
    *(0.1, -0.0, 1e308, 1e-320, 1.5e300, True, False, None),
    *([], {}, [[]], [None], [{}], [""], ["\0"], {"": None}, {"a": {"b": []}}, NESTED, [0] * 5000),
)
# In an address: as they stand, without quoting.
PIECES = (
    *("%00", "a%00b", "%FF%FE", "%ED%A0%80", "%C0%AF", "%", "%zz", "..%2f..", "%2e%2e", "%20"),
    *(
        "a" * 300,
        "a" * 5000,
        "9" * 40,
        "9" * 5000,
        "-1",
        "0",
        "null",
        "None",
        "%0a",
        "%F0%9F%9A%B2",
    ),
)
QUERIES = (
    *("page=0", "page=-1", "page=99999999999999999999", "page=1e3", "page=%00", "page=%FF"),
    *("page_size=0", "page_size=-5", "page_size=999999999999999999999", "page=9223372036854775807"),
    *("page=9223372036854775807&page_size=100", "page=2&page_size=1", "page=1&page=2", "page[]=1"),
    *("%00=1", "%FF=%FE", "=", "&&&", "a", "&".join(f"a{n}=1" for n in range(1200)), "page=last"),
    *("days=999999999", "days=-1", "days=0", "days=1.5", "days=99999999999999999999999", "days="),
    *("from=9999-12-31", "from=0001-01-01&to=9999-12-31", "from=2026-02-30", "to=%00", "from=x"),
    *("date=0000-00-00", "format=xml", "format=json", "limit=9223372036854775807", "limit=0"),
    *("after=9223372036854775807", "before=-9223372036854775809", "search=%25%25%25", "search=%5C"),
)
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
# Bodies as bytes with the type they come under.
BODIES: tuple[tuple[bytes, str], ...] = (
    *(
        (raw, JSON)
        for raw in (b"", b" ", b"null", b"true", b"1", b'"a"', b"[]", b"[{}]", b"{", b"}")
    ),
    *((raw, JSON) for raw in (b"\xff\xfe{}", b'{"a":"\xed\xa0\x80"}', b'{"text":"\\ud800"}')),
    *((raw, JSON) for raw in (b'{"\\u0000":1}', b'{"a":NaN}', b'{"a":1e999}', b'{"a":-Infinity}')),
    *((raw, JSON) for raw in (b"[" * 50_000, b'{"a":' * 50_000, b'{"a":' * 40 + b"1" + b"}" * 40)),
    *((raw, JSON) for raw in (b'{"a":1,"a":2}', b'{"a":' + b"9" * 5000 + b"}", b"\xef\xbb\xbf{}")),
    (b'{"text":"' + b"a" * 1_000_001 + b'"}', JSON),
    (b"{}", "application/json; charset=utf-16"),
    (b"{}", "application/json; charset=nonsense"),
    *(
        (b"{}", kind)
        for kind in ("", "text/plain", "application/xml", "nonsense", "a/b; c=\xff", "*/*")
    ),
    *((raw, FORM) for raw in (b"", b"%", b"a=%00", b"text=%FF%FE", b"text=%ED%A0%80", b"=&=&=")),
    *((raw, FORM) for raw in (b"\xff\xfe\x00", b"&".join(b"a%d=1" % n for n in range(1200)))),
    (b"text=%e9", "application/x-www-form-urlencoded; charset=latin-1"),
    (b"text=%e9", "application/x-www-form-urlencoded; charset=nonsense"),
    (b"", "multipart/form-data"),
    *((raw, PARTS) for raw in (b"", b"--x", b"--x--\r\n", b"--x\r\n\r\n\xff\r\n--x--\r\n")),
    (b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\x00\xff\r\n--x--\r\n', PARTS),
    (
        b'--x\r\nContent-Disposition: form-data; name="text"; filename="a"\r\n\r\nhi\r\n--x--\r\n',
        PARTS,
    ),
    (b"--x\r\nContent-Disposition: form-data\r\n\r\nhi\r\n--x--\r\n", PARTS),
    (
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
        PARTS,
    ),
)
