"""The files of the sample, and the texts about it in other files."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp

PROJECT = Path(__file__).parents[2]
SAMPLE = ("app/product", "tests/product", "scripts/seed.py")
# Passages of the README between two comments, and rows of its tables that end in a comment.
PASSAGE = re.compile(
    r"^ *<!-- sample -->\n.*?^ *<!-- /sample -->\n\n?|^[^\n]*<!-- sample -->[^\n]*\n",
    re.MULTILINE | re.DOTALL,
)
# A comment above the next task is not part of this one.
TASK = re.compile(r"^\[tool\.poe\.tasks\.seed\]\n(?:(?!\[|\n).*\n)*\n?", re.MULTILINE)
TEXTS = {"README.md": PASSAGE, "pyproject.toml": TASK}


def has_sample(project: Path) -> bool:
    """Return whether the project has the sample, not a feature of its own with the same name."""
    return all((project / path).exists() for path in (SAMPLE[0], SAMPLE[2]))


def unsaved(project: Path, *paths: str) -> list[str]:
    """Return a line for each of these files that Git has no copy of; none without a repository."""
    if not _is_in_git(project):
        return []
    options = ("--porcelain", "--untracked-files=all", "--ignored")
    status = _git(project, "status", *options, "--", *paths)
    if status.returncode != 0:
        return [f"Git cannot say which files have changes: {status.stderr.strip()}"]
    return [
        f"{line[3:]} has changes that are not committed: commit or stash them first."
        for line in status.stdout.splitlines()
        if "__pycache__" not in line
    ]


def discard(project: Path, paths: list[str]) -> Path | None:
    """Delete files and folders; without Git, move them to a new folder, and return it."""
    kept = None if _is_in_git(project) else Path(mkdtemp(prefix="sample-"))
    for path in paths:
        if kept:
            (kept / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(project / path, kept / path)
        elif (project / path).is_dir():
            shutil.rmtree(project / path)
        else:
            (project / path).unlink()
    return kept


def edit_texts(project: Path, kept: Path | None = None) -> list[str]:
    """Remove the passages about the sample; return the names of the changed files.

    A folder `kept` gets a copy of each of them from before.
    """
    changed = []
    for name, pattern in TEXTS.items():
        file = project / name
        before = file.read_text("utf-8") if file.exists() else ""
        if pattern.search(before):
            if kept:
                shutil.copy2(file, kept / name)
            file.write_text(pattern.sub("", before), "utf-8")
            changed.append(name)
    return changed


def _is_in_git(project: Path) -> bool:
    """Return whether the project is in a Git repository, also if Git cannot read it."""
    if not shutil.which("git"):
        return False
    return "not a git repository" not in _git(project, "rev-parse", "--git-dir").stderr


def _git(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Git with messages in English."""
    command = ["git", "-c", "core.quotePath=false", *arguments]
    env = os.environ | {"LC_ALL": "C"}
    return subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )
