import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import update

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="updates need Git")

ANSWERS = "_commit: {}\n_src_path: https://example.com/template.git\ncolour: {}\n"
LINES = "".join(f"line {number}\n" for number in range(20))
OLD = {
    "kept.txt": LINES,
    "moved.txt": f"moved\n{LINES}",
    "gone.txt": f"gone\n{LINES}",
    "unwanted.txt": "unwanted\n",
}
NEW = {
    "kept.txt": f"{LINES}new\n",
    "moved.txt": f"moved\n{LINES}new\n",
    "unwanted.txt": "unwanted\nnew\n",
    "added.txt": "added\n",
}

Render = Callable[..., None]


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


def commit(folder: Path) -> None:
    update.git(folder, "add", "--all")
    update.git(folder, "commit", "--quiet", "--message", "Work", env=update.git_environment())


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service in Git at release v1; a stand-in for Copier renders the releases v1 and v2."""
    folder = tmp_path / "service"
    folder.mkdir()
    write(folder, OLD | {update.ANSWERS: ANSWERS.format("v1", "red")})
    update.git(folder, "init", "--quiet")
    commit(folder)

    def copier(command: str, copy: Path, *arguments: str) -> None:
        if command == "recopy":
            write(copy, NEW if update.answer(copy, "_commit") == "v2" else OLD)
            return
        colour = "blue" if "colour=blue" in arguments or "--forget" in arguments else "red"
        here = {
            name: text for name, text in NEW.items() if name not in OLD or (copy / name).exists()
        }
        write(copy, here | {update.ANSWERS: ANSWERS.format("v2", colour)})
        (copy / "gone.txt").unlink(missing_ok=True)

    monkeypatch.setattr(update, "copier", copier)
    monkeypatch.chdir(folder)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["update", *arguments])
    with pytest.raises(SystemExit) as stop:
        update.main()
    return stop.value.code


def test_an_update_keeps_edits_and_follows_moved_files(
    service: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (service / "kept.txt").write_text(f"mine\n{LINES}")
    (service / "moved.txt").rename(service / "mine.txt")
    (service / "unwanted.txt").unlink()
    (service / "own.txt").write_text("own\n")
    commit(service)
    assert not run(monkeypatch)
    assert (service / "kept.txt").read_text() == f"mine\n{LINES}new\n"
    assert (service / "mine.txt").read_text() == f"moved\n{LINES}new\n"
    assert (service / "own.txt").read_text() == "own\n"
    for name in ("gone.txt", "moved.txt", "unwanted.txt"):
        assert not (service / name).exists()
    assert update.answer(service, "_commit") == "v2"
    commit(service)
    assert not run(monkeypatch)
    assert "Nothing to update" in capsys.readouterr().out


def test_the_files_with_conflicts_are_listed(
    service: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (service / "gone.txt").write_text(f"mine\n{LINES}")
    (service / "kept.txt").write_text(f"{LINES}mine\n")
    commit(service)
    assert run(monkeypatch)
    assert "\n  gone.txt\n  kept.txt\n" in capsys.readouterr().out
    assert (service / "gone.txt").read_text() == f"mine\n{LINES}"
    assert {"mine", "new"} <= {*(service / "kept.txt").read_text().split()}
    assert "Commit or stash" in str(run(monkeypatch))
    commit(service)
    assert "Resolve the conflicts" in str(run(monkeypatch))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--forget"], "colour needs a new answer"),
        (["--data", "color=blue"], "color is not a question of the template"),
    ],
)
def test_an_answer_changes_only_on_request(
    service: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    assert message in str(run(monkeypatch, *arguments))
    assert update.answer(service, "colour") == "red"
    assert not run(monkeypatch, "--data", "colour=blue")
    assert update.answer(service, "colour") == "blue"


def test_an_ignored_file_is_not_overwritten(service: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(service, {".gitignore": "added.txt\n", "added.txt": "mine\n"})
    commit(service)
    assert "Move or rename added.txt first" in str(run(monkeypatch))
    assert (service / "added.txt").read_text() == "mine\n"


def test_the_address_of_the_template_must_be_absolute(
    service: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(service, {update.ANSWERS: "_src_path: ../template\n"})
    assert "'../template' is not an absolute address" in str(run(monkeypatch))
    (service / update.ANSWERS).unlink()
    assert f"{update.ANSWERS} is missing" in str(run(monkeypatch))
