import json
import threading
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Business, User
from settings_app.imports import import_file
from settings_app.models import KnowledgeEntry, KnowledgeSource, SourceDocument
from settings_app.selectors import knowledge_version
from settings_app.services import save_entry
from settings_app.tests.file_bytes import pdf_file, word_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "knowledge.csv"


def run(owner: User, path: Path) -> dict[str, Any]:
    out = StringIO()
    call_command("import_knowledge", str(path), user=owner.username, stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    return tuple(result[name] for name in ("added", "updated", "unchanged", "rejected"))


def test_a_file_is_added_then_found_unchanged(owner: User, path: Path) -> None:
    path.write_text('question,answer,tags\nDo you ship?,Yes.,"delivery, post"\nOpen?,9 to 5,\n')
    assert counts(run(owner, path)) == (2, 0, 0, 0)
    assert counts(run(owner, path)) == (0, 0, 2, 0)
    entry = KnowledgeEntry.objects.get(question="Do you ship?")
    assert entry.business == owner.business
    assert entry.tags == ["delivery", "post"]
    assert owner.business is not None
    assert knowledge_version(owner.business.pk) == 1


def test_a_changed_answer_updates_and_keeps_what_the_file_does_not_name(
    owner: User, business: Business, path: Path
) -> None:
    save_entry(
        business=business, question="Open?", answer="9 to 5", phrasings=["When?"], is_active=False
    )
    path.write_text("question,answer\nOpen?,10 to 6\n")
    assert counts(run(owner, path)) == (0, 1, 0, 0)
    entry = KnowledgeEntry.objects.get()
    assert (entry.answer, entry.phrasings, entry.is_active) == ("10 to 6", ["When?"], False)
    assert knowledge_version(business.pk) == 2


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b'\xef\xbb\xbfquestion,answer\r\nOpen?,"9, to 5"\r\n', "9, to 5"),
        ("question;answer;phrasings\nOpen?;9, täglich;When?|Hours?\n".encode(), "9, täglich"),
        ("question\tanswer\nOpen?\tyes\n".encode("utf-16"), "yes"),
        (b'Answer,Question\n"first\nsecond",Open?\n', "first\nsecond"),
        (b'"question","answer"\n"Open?","say ""hi"""\n', 'say "hi"'),
    ],
)
def test_the_ways_in_which_spreadsheets_write_csv_are_read(
    owner: User, path: Path, raw: bytes, answer: str
) -> None:
    path.write_bytes(raw)
    assert counts(run(owner, path)) == (1, 0, 0, 0)
    assert KnowledgeEntry.objects.get(question="Open?").answer == answer


def test_bad_rows_are_named_and_the_good_ones_kept(owner: User, path: Path) -> None:
    rows = [
        "question,answer",
        'One?,"1\n1"',
        ",nothing asked",
        "",
        f"{'x' * 501},too long",
        "Two?",
        "One?,again",
        "Three?,3,4",
        "Four?,4",
    ]
    path.write_text("\n".join(rows) + "\n")
    result = run(owner, path)
    assert counts(result) == (2, 0, 0, 5)
    found = [(row["line"], row["reason"]) for row in result["rejected_rows"]]
    assert found == [
        (4, "The question is empty."),
        (6, "The question is longer than 500 characters."),
        (7, "The answer is empty."),
        (8, "The same question stands on line 2 already."),
        (9, "3 columns, but the first line names 2."),
    ]


def test_an_unclosed_quote_is_a_rejected_row(owner: User, path: Path) -> None:
    path.write_text('question,answer\nOne?,1\nTwo?,"2\n' + "x" * 200_000)
    result = run(owner, path)
    assert counts(result) == (1, 0, 0, 1)
    assert result["rejected_rows"][0]["line"] == 3


@pytest.mark.parametrize(
    ("name", "raw", "refusal"),
    [
        ("a.csv", b"frage,antwort\n1,2\n", "first line must name the columns"),
        ("a.csv", b"", "no text in this file"),
        ("a.csv", b"question,answer,colour\n", "Unknown columns: colour"),
        ("a.csv", b"question,answer\nOne?,1\n\x00\xfe,2\n", "not a text"),
        ("a.pdf", b"%PDF", "PDF is damaged"),
        ("a.xlsx", b"PK\x03\x04", "damaged"),
        ("missing.csv", None, "can't be read"),
    ],
)
def test_a_file_of_another_kind_is_refused_whole(
    owner: User, tmp_path: Path, name: str, raw: bytes | None, refusal: str
) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(CommandError, match=refusal):
        run(owner, tmp_path / name)
    assert not KnowledgeEntry.objects.exists()


@pytest.mark.parametrize("username", ["nobody", "staff"])
def test_a_user_without_a_business_is_refused(staff: User, path: Path, username: str) -> None:
    path.write_text("question,answer\nOne?,1\n")
    with pytest.raises(CommandError, match="belongs to a business"):
        call_command("import_knowledge", str(path), user=username)


def test_ten_thousand_rows_go_in_with_few_queries(
    owner: User, path: Path, django_assert_max_num_queries: Any
) -> None:
    lines = [f"Question {n}?,Answer {n}" for n in range(10_000)]
    path.write_text("\n".join(["question,answer", *lines]))
    with django_assert_max_num_queries(300):
        assert counts(run(owner, path)) == (10_000, 0, 0, 0)


def test_the_import_touches_no_other_business(
    owner: User, other_business: Business, path: Path
) -> None:
    save_entry(business=other_business, question="Open?", answer="theirs")
    path.write_text("question,answer\nOpen?,ours\n")
    assert counts(run(owner, path)) == (1, 0, 0, 0)
    assert KnowledgeEntry.objects.get(business=other_business).answer == "theirs"


PAIRS = "# Help\n\nQ: Do you ship?\nA: Yes.\n\n# Returns\n\nWithin 14 days.\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("help.md", PAIRS.encode()),
        ("help.txt", PAIRS.encode("utf-16")),
        ("help.docx", word_file(paragraphs=[*PAIRS.split("\n")])),
    ],
)
def test_other_files_give_entries_and_a_source(
    owner: User, business: Business, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    result = run(owner, tmp_path / name)
    assert counts(result) == (2, 0, 0, 0)
    entry = KnowledgeEntry.objects.get()
    assert (entry.question, entry.answer) == ("Do you ship?", "Yes.")
    source = KnowledgeSource.objects.get(pk=result["source_id"])
    assert (source.title, source.kind, source.live) == ("help", "file", 1)
    assert "Within 14 days." in SourceDocument.objects.get().text
    assert counts(run(owner, tmp_path / name)) == (0, 0, 2, 0)
    assert knowledge_version(business.pk) == 1


def test_a_pdf_is_kept_as_a_source(owner: User, tmp_path: Path) -> None:
    (tmp_path / "terms.pdf").write_bytes(pdf_file(["Our terms", "Second page"]))
    assert counts(run(owner, tmp_path / "terms.pdf")) == (1, 0, 0, 0)
    assert SourceDocument.objects.get().text == "Our terms\fSecond page"


def test_a_changed_file_is_the_next_reading_of_the_same_source(owner: User, tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    for number, words in enumerate(["one", "two"], 1):
        path.write_text(words)
        run(owner, path)
        assert KnowledgeSource.objects.get().live == number


def test_json_and_days_of_validity(owner: User, tmp_path: Path) -> None:
    entries = [
        {"question": "Open at Easter?", "answer": "No.", "valid_to": "2027-04-01", "tags": ["x"]},
        {"question": "Sale?", "answer": "Soon.", "valid_from": "2027-02-01"},
        {
            "question": "Never?",
            "answer": "No.",
            "valid_from": "2027-02-01",
            "valid_to": "2027-01-01",
        },
    ]
    (tmp_path / "a.json").write_text(json.dumps({"entries": entries}))
    result = run(owner, tmp_path / "a.json")
    assert counts(result) == (2, 0, 0, 1)
    assert KnowledgeEntry.objects.get(question="Sale?").valid_from == date(2027, 2, 1)
    (tmp_path / "a.csv").write_text("question,answer,valid_to\nOpen at Easter?,No.,\n")
    assert counts(run(owner, tmp_path / "a.csv")) == (0, 1, 0, 0)
    assert KnowledgeEntry.objects.get(question="Open at Easter?").valid_to is None


@pytest.mark.django_db(transaction=True)
def test_imports_at_the_same_moment_add_each_entry_once(business: Business, path: Path) -> None:
    path.write_text("question,answer\n" + "".join(f"Question {n}?,Yes\n" for n in range(300)))
    found: list[tuple[int, int]] = []

    def work() -> None:
        try:
            result = import_file(business=business, path=path)
            found.append((result.added, result.unchanged))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(0, 300), (0, 300), (0, 300), (300, 0)]
    assert knowledge_version(business.pk) == 1
