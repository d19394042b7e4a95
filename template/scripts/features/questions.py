"""The questions of `poe feature` without arguments: the name, the columns, and the key."""

from pathlib import Path

from scripts.features.columns import OPTIONS, TYPES
from scripts.features.files import generate

WORDS = "words:str(100)"  # to check a name before its columns; a plural is no name of a feature


def ask(project: Path, default: str) -> tuple[str, list[str], str]:
    """Ask for the name, the columns and the type of the key; repeat a refused question.

    Args:
        project: the folder with `app` and `tests`.
        default: the type of the key after an empty answer.
    """
    name = _ask_name(project)
    print(f"Columns, each as NAME:TYPE; {TYPES}.")
    print(f"After the type may be: {OPTIONS}. An empty line ends the columns.")
    words: list[str] = []
    while word := input(f"Column {len(words) + 1}: ").strip():
        try:
            generate(name, [*words, word], key=default, project=project)
        except ValueError as error:
            print(error)
        else:
            words.append(word)
    key = ""
    while key not in ("int", "uuid"):
        key = input(f"Type of the primary key, int or uuid ({default}): ").strip() or default
    return name, words, key


def _ask_name(project: Path) -> str:
    while True:
        name = input("Name of the feature, a noun in the singular (order_item): ").strip()
        try:
            generate(name, [WORDS], key="int", project=project)
        except ValueError as error:
            print(error)
        else:
            return name
