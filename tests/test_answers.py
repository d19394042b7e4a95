"""An answer is refused with a sentence that says what is accepted."""

import re
import tomllib
from keyword import kwlist, softkwlist
from pathlib import Path

import pytest

from tests.rendering import render
from tests.source import ASKED, choices

LONGEST = {"project_name": 80, "description": 200, "author_name": 100}
# Controls, joiners, marks of direction, fillers, tags: nothing of it can be seen.
MORE = (
    "\x01\x08\x0b\x0c\x1f\x80\x9f\u034f\u061c\u115f\u1160\u17b4\u180e\u200c\u200d\u200e\u200f\u2029"
    "\u202a\u2060\u2066\u2069\u3164\uffa0\ufff9\ufffe\uffff\udfff\U000e0001\U000e0041\U000e007f"
)
INVISIBLE = {
    "line break": "a\nb",
    "line break at the end": "a\n",
    "carriage return": "a\rb",
    "tab": "a\tb",
    "null": "a\x00b",
    "escape": "a\x1bb",
    "delete": "a\x7fb",
    "next line": "a\x85b",
    "soft hyphen": "a\xadb",
    "line separator": "a\u2028b",
    "zero width": "a\u200bb",
    "right to left": "a\u202eb",
    "byte order mark": "\ufeffa",
    "surrogate": "a\ud800b",
}
WORDS = (
    "project_slug must be lowercase ASCII words with hyphens between them, and begin with a "
    "letter, such as example-service."
)
KEYWORD = (
    "project_slug must not be the Python keyword {0}: choose another name, such as {0}-service."
)
TAKEN = (
    "project_slug must not be {0}, a reserved name of the project, a database server or Windows: "
    "choose another name, such as {0}-service."
)
PACKAGE = (
    "project_slug must not be {0}, the name of a dependency of the service: choose another name, "
    "such as {0}-service."
)
MAIL = "author_email must be a plain email address such as team@example.com."
NOT_WORDS = [
    *("", " ", "Shop", "shop_api", "1shop", "-shop", "shop-", "shop--api", "shop api", "shop\n"),
    *("shöp", "../shop", "shop.api", "{{ shop }}", "$(shop)", "-h"),
]
NOT_MAIL = [
    *("", "team", "@example.com", "team@", "team@example", "team@example.com\n", "a b@example.com"),
    *('"a"@example.com', "Team <team@example.com>", "a..b@example.com", "team@-a.com", ".a@b.com"),
    *("team@example.c", "team@exämple.com", "{{ a }}@example.com", "a@b.com,c@d.com"),
]


@pytest.fixture(scope="module")
def template(templated: Path) -> Path:
    """The files that show answers; the others would only take time."""
    return templated


def refusal(template: Path, destination: Path, answers: dict[str, str]) -> str:
    with pytest.raises(ValueError, match=r"question '|choice for '") as refused:
        render(template, destination / "project", answers)
    assert not (destination / "project").exists()
    return re.sub(r"^Validation error for question '\w+': ", "", str(refused.value))


@pytest.mark.parametrize("question", LONGEST)
@pytest.mark.parametrize("answer", ["", " ", "\t\n", "\u3000"])
def test_nothing_is_no_answer(template: Path, tmp_path: Path, question: str, answer: str) -> None:
    assert refusal(template, tmp_path, {"project_slug": "shop", question: answer}) == (
        f"{question} must not be empty: give one line of 1 to {LONGEST[question]} "
        "visible characters."
    )


@pytest.mark.parametrize("question", LONGEST)
@pytest.mark.parametrize("answer", INVISIBLE.values(), ids=INVISIBLE)
def test_what_no_one_sees_is_refused(
    template: Path, tmp_path: Path, question: str, answer: str
) -> None:
    assert refusal(template, tmp_path, {"project_slug": "shop", question: answer}) == (
        f"{question} must be one line of visible characters: "
        "it has a line break, a control character or an invisible character."
    )


@pytest.mark.parametrize("sign", MORE, ids=lambda sign: f"U+{ord(sign):04X}")
def test_no_sign_is_hidden_in_a_name(template: Path, tmp_path: Path, sign: str) -> None:
    sentence = refusal(template, tmp_path, {"project_slug": "shop", "project_name": f"a{sign}b"})
    assert sentence.startswith("project_name must be one line of visible characters: ")


@pytest.mark.parametrize("question", LONGEST)
@pytest.mark.parametrize("answer", [" a", "a ", "\u3000a"])
def test_padding_is_refused(template: Path, tmp_path: Path, question: str, answer: str) -> None:
    sentence = f"{question} must not begin or end with a space."
    assert refusal(template, tmp_path, {"project_slug": "shop", question: answer}) == sentence


@pytest.mark.parametrize(("question", "longest"), [*LONGEST.items(), ("project_slug", 40)])
def test_a_novel_is_refused(template: Path, tmp_path: Path, question: str, longest: int) -> None:
    assert refusal(template, tmp_path, {"project_slug": "shop", question: "a" * (longest + 1)}) == (
        f"{question} must have at most {longest} characters; it has {longest + 1}."
    )


@pytest.mark.parametrize("question", LONGEST)
@pytest.mark.parametrize("length", [1, 2, 5000])
def test_one_letter_is_enough_and_a_book_too_much(
    template: Path, tmp_path: Path, question: str, length: int
) -> None:
    answers = {"project_slug": "shop", question: "ä" * length}
    if length == 5000:
        assert "it has 5000." in refusal(template, tmp_path, answers)
    else:
        assert render(template, tmp_path, answers).answers[question] == "ä" * length


@pytest.mark.parametrize("question", LONGEST)
def test_the_longest_answer_is_kept_whole(template: Path, tmp_path: Path, question: str) -> None:
    answer = ("word " * 40)[: LONGEST[question] - 1] + "."
    answers = {"project_slug": "shop", question: answer}
    assert render(template, tmp_path, answers).answers[question] == answer


@pytest.mark.parametrize("answer", NOT_WORDS)
def test_a_slug_is_made_of_words(template: Path, tmp_path: Path, answer: str) -> None:
    assert refusal(template, tmp_path, {"project_slug": answer}) == WORDS


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        *((KEYWORD, word.lower()) for word in [*kwlist, *softkwlist] if word != "_"),
        *((TAKEN, word) for word in ("app", "tests", "postgres", "mysql", "template1")),
        *((TAKEN, word) for word in ("con", "nul", "aux", "prn", "com1", "com9", "lpt1")),
        *((PACKAGE, word) for word in ("fastapi", "sqlalchemy", "asyncpg", "asyncmy", "uv")),
    ],
)
def test_a_slug_takes_no_name_in_use(
    template: Path, tmp_path: Path, sentence: str, answer: str
) -> None:
    assert refusal(template, tmp_path, {"project_slug": answer}) == sentence.format(answer)


@pytest.mark.parametrize("slug", ["json", "email", "logging", "site", "yes", "null", "a", "a1-b2"])
def test_a_slug_is_no_module_and_no_yaml(template: Path, tmp_path: Path, slug: str) -> None:
    project = render(template, tmp_path, {"project_slug": slug})
    assert project.answers["project_slug"] == slug
    assert tomllib.loads(project.texts["pyproject.toml"])["project"]["name"] == slug


@pytest.mark.parametrize("answer", NOT_MAIL)
def test_mail_goes_to_a_plain_address(template: Path, tmp_path: Path, answer: str) -> None:
    assert refusal(template, tmp_path, {"author_email": answer}) == MAIL


@pytest.mark.parametrize("question", [name for name in ASKED if "choices" in ASKED[name]])
@pytest.mark.parametrize("answer", ["oracle", "", "POSTGRESQL"])
def test_a_choice_is_one_of_those_offered(
    template: Path, tmp_path: Path, question: str, answer: str
) -> None:
    assert refusal(template, tmp_path, {"project_slug": "shop", question: answer}) == (
        f"Invalid choice for '{question}': {answer!r} is not in {choices(question)}"
    )


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Shop", "shop"),
        ("The Shop: Orders & Returns!", "the-shop-orders-returns"),
        ("3 Shops", "shops"),
        ("A" * 39 + " Shop", "a" * 39),
        ("Shop" + " of wonders" * 6, "shop-of-wonders-of-wonders-of-wonders-of"),
    ],
)
def test_the_slug_follows_from_the_name(
    template: Path, tmp_path: Path, name: str, slug: str
) -> None:
    assert render(template, tmp_path, {"project_name": name}).answers["project_slug"] == slug


@pytest.mark.parametrize("name", ["商店", "123", "Class", "FastAPI"])
def test_a_name_without_a_slug_of_its_own_asks_for_one(
    template: Path, tmp_path: Path, name: str
) -> None:
    sentence = refusal(template, tmp_path, {"project_name": name})
    assert re.search(r"such as [a-z]+-service\.$", sentence)
    project = render(template, tmp_path / "named", {"project_name": name, "project_slug": "shop"})
    assert project.answers["project_name"] == name
