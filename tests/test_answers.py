"""An answer is refused with a sentence that says what is accepted."""

import random
import re
import tomllib
from keyword import kwlist, softkwlist
from pathlib import Path

import pytest

from tests.rendering import render
from tests.source import ASKED, choices, environment

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
    "lowercase words: example-service; ASCII letters and digits, the first a letter, "
    "one hyphen between words."
)
KEYWORD = "use {0}-service; {0} is a Python keyword."
TAKEN = "use {0}-service; {0} is a reserved name of the project, a database server or Windows."
PACKAGE = "use {0}-service; {0} is the name of a dependency of the service."
MAIL = "a plain address: team@example.com."
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
        f"write 1 to {LONGEST[question]} visible characters."
    )


@pytest.mark.parametrize("question", LONGEST)
@pytest.mark.parametrize("answer", INVISIBLE.values(), ids=INVISIBLE)
def test_what_no_one_sees_is_refused(
    template: Path, tmp_path: Path, question: str, answer: str
) -> None:
    assert refusal(template, tmp_path, {"project_slug": "shop", question: answer}) == (
        "only visible characters, one line; "
        "it has a line break, a control character or an invisible character."
    )


@pytest.mark.parametrize("sign", MORE, ids=lambda sign: f"U+{ord(sign):04X}")
def test_no_sign_is_hidden_in_a_name(template: Path, tmp_path: Path, sign: str) -> None:
    sentence = refusal(template, tmp_path, {"project_slug": "shop", "project_name": f"a{sign}b"})
    assert sentence.startswith("only visible characters, one line; ")


@pytest.mark.parametrize("question", LONGEST)
@pytest.mark.parametrize("answer", [" a", "a ", "\u3000a"])
def test_padding_is_refused(template: Path, tmp_path: Path, question: str, answer: str) -> None:
    sentence = "no space at the start or the end."
    assert refusal(template, tmp_path, {"project_slug": "shop", question: answer}) == sentence


@pytest.mark.parametrize(("question", "longest"), [*LONGEST.items(), ("project_slug", 40)])
def test_a_novel_is_refused(template: Path, tmp_path: Path, question: str, longest: int) -> None:
    assert refusal(template, tmp_path, {"project_slug": "shop", question: "a" * (longest + 1)}) == (
        f"at most {longest} characters, not {longest + 1}."
    )


@pytest.mark.parametrize("question", LONGEST)
@pytest.mark.parametrize("length", [1, 2, 5000])
def test_one_letter_is_enough_and_a_book_too_much(
    template: Path, tmp_path: Path, question: str, length: int
) -> None:
    answers = {"project_slug": "shop", question: "ä" * length}
    if length == 5000:
        assert "not 5000." in refusal(template, tmp_path, answers)
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
        ("Café", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("Anna's & O\u2019Brien", "annas-obrien"),
        ("Müller & Söhne, Großstraße", "muller-sohne-grossstrasse"),
        ("Łódź Ærø Þór Eða", "lodz-aero-thor-eda"),
        ("Việt Nam, İstanbul, \u0131s\u0131", "viet-nam-istanbul-isi"),
        ("ﬁne œuvre \\N{LATIN SMALL LETTER A}", "fine-oeuvre-n-latin-small-letter-a"),
        ("Ünïcødé 服務 сервис", "unicode"),
        ("商店", "service"),
        ("Магазин", "service"),
        ("24/7", "service"),
        ("Class", "class-service"),
        ("FastAPI", "fastapi-service"),
        ("Test", "test-service"),
        ("MySQL", "mysql-service"),
        ("Information Schema", "information-schema-service"),
        ("opentelemetry exporter http transport", "opentelemetry-exporter-service"),
    ],
)
def test_the_slug_follows_from_the_name(
    template: Path, tmp_path: Path, name: str, slug: str
) -> None:
    assert render(template, tmp_path, {"project_name": name}).answers["project_slug"] == slug


RESERVED = [
    word
    for name in ("keywords", "taken", "distributions")
    for word in getattr(environment().get_template("includes/validators.jinja").module, name)
]


def message_for(question: str, answer: str) -> str:
    """Return the words of a validator, nothing for an accepted answer."""
    validator = environment().from_string(ASKED[question]["validator"])
    return validator.render({question: answer}).strip()


@pytest.mark.parametrize(
    ("question", "answer", "cure"),
    [
        ("description", "", "write 1 to 200 visible characters."),
        ("description", "a\tb", "only visible characters, one line"),
        ("description", "a ", "no space at the start or the end."),
        ("description", "a" * 5000, "at most 200 characters, not 5000."),
        ("author_email", "a@b.com\n", "team@example.com"),
        ("project_slug", "Shop", "lowercase words: example-service"),
        ("project_slug", "a" * 5000, "at most 40 characters, not 5000."),
        *(("project_slug", word, f"use {word[:22].rstrip('-')}-service") for word in RESERVED),
    ],
)
def test_a_terminal_of_80_columns_shows_how_to_write_the_answer(
    question: str, answer: str, cure: str
) -> None:
    line = f"Validation error for question '{question}': {message_for(question, answer)}"
    assert cure in line[:80]


def test_every_default_is_accepted() -> None:
    """For any name: of letters of all scripts, of reserved words, and of any length."""
    dice = random.Random(13)  # noqa: S311 - the same names each time
    names = [*RESERVED, "x" * 80, "é" * 80, "🚀", *(f"{word} {'x' * 70}" for word in RESERVED)]
    for _ in range(2000):
        blocks = dice.choices(
            [0x20, 0xC0, 0x300, 0x400, 0x1E00, 0x2100, 0x4E00, 0x1D400, 0xE000], k=3
        )
        signs = [
            chr(block + dice.randrange(96)) for block in dice.choices(blocks, k=dice.randint(1, 80))
        ]
        names.append("".join(signs))
    defaults = {
        name: environment().from_string(question["default"])
        for name, question in ASKED.items()
        if "validator" in question and name != "project_name"
    }
    accepted = [name for name in names if not message_for("project_name", name)]
    assert len(accepted) > 1000
    for name in accepted:
        for question, default in defaults.items():
            answer = default.render(project_name=name).strip()
            assert not message_for(question, answer), (name, answer)
