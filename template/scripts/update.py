"""The update of this service: `uv run poe update` merges the newest release of the template.

Copier renders a copy of the service from the answers and updates it; Git merges the difference.
So edits are kept, also in files that were moved or deleted here or in the template.
Arguments are those of Copier: `uv run poe update --data ANSWER=VALUE` changes an answer.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ANSWERS = ".copier-answers.yml"
COPIER = ["uvx", "--from", "copier>=9.18,<10", "copier"]
# Git settings for the copy: no hooks, no signatures and no global ignore file.
SETTINGS = {
    "commit.gpgSign": "false",
    "core.autocrlf": "false",
    "core.excludesFile": os.devnull,
    "core.hooksPath": os.devnull,
    "user.email": "template@localhost",
    "user.name": "Template",
}
CONFLICTS = """\
Conflicts: you and the template changed the same lines, or one of you deleted the file.
Edit each of these files, then run `git add FILE`; or delete it with `git rm FILE`:
"""
NEXT = """\
Read `git diff --staged` and the template's changelog. Then run

  uv sync && uv run poe check

and commit. To undo the update, run `git reset --hard`."""


def git_environment() -> dict[str, str]:
    """Return the environment variables with these settings for Git."""
    environment = os.environ | {"GIT_CONFIG_COUNT": str(len(SETTINGS))}
    for number, (key, value) in enumerate(SETTINGS.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment


def git(folder: Path, *arguments: str, accepted: int = 0, env: dict[str, str] | None = None) -> str:
    """Run Git; return its output.

    Raises:
        SystemExit: with Git's error message, when its exit code is greater than `accepted`.
    """
    command = ["git", "-c", "core.quotePath=false", *arguments]
    result = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if result.returncode > accepted:
        sys.exit(result.stderr)
    return result.stdout


def copier(command: str, folder: Path, *arguments: str) -> None:
    """Run Copier; it prints its own error messages."""
    line = [*COPIER, command, "--quiet", *arguments, str(folder)]
    if subprocess.run(line, env=git_environment(), check=False).returncode:
        sys.exit("Nothing was changed.")


def answer(folder: Path, name: str) -> str:
    found = re.search(rf"^{name}: (.+)$", (folder / ANSWERS).read_text("utf-8"), re.MULTILINE)
    return found[1].strip("'\"") if found else ""


def check(service: Path) -> None:
    """Check that an update can be merged and undone.

    Raises:
        SystemExit: with the action that is needed first.
    """
    if not (service / ANSWERS).is_file():
        sys.exit(f"{ANSWERS} is missing: it contains the address of the template.")
    source = answer(service, "_src_path")
    if not re.match(r"[/~]|[\w.+@-]+:", source):
        sys.exit(
            f"{source!r} is not an absolute address: write the URL of the template's repository "
            f"after _src_path in {ANSWERS}, and commit."
        )
    if not git(service, "rev-parse", "--verify", "--quiet", "HEAD", accepted=128):
        sys.exit("The update needs a Git repository: commit the service first.")
    if git(service, "status", "--porcelain"):
        sys.exit("Commit or stash your changes first: an update needs a clean working tree.")
    unresolved = git(service, "grep", "-lE", "^(<{7}|>{7}) ", accepted=1)
    unresolved += git(service, "ls-files", "*.rej")
    if unresolved:
        sys.exit(f"Resolve the conflicts of the last update first:\n{unresolved.rstrip()}")


def commit(copy: Path) -> None:
    git(copy, "add", "--all", "--force", env=git_environment())
    message = f"template {answer(copy, '_commit')}"
    git(copy, "commit", "--quiet", "--allow-empty", "--message", message, env=git_environment())


def fetch(service: Path, copy: Path) -> None:
    git(service, "fetch", "--quiet", "--no-tags", str(copy), "HEAD")


def render_untouched(service: Path, copy: Path) -> None:
    """Render the current release of the template, without the files that were deleted here."""
    copy.mkdir()
    (copy / ANSWERS).write_bytes((service / ANSWERS).read_bytes())
    copier("recopy", copy, "--vcs-ref=:current:", "--defaults", "--overwrite")
    git(copy, "init", "--quiet", env=git_environment())
    commit(copy)
    fetch(service, copy)
    changes = ["diff", "--no-relative", "--find-renames", "--diff-filter=D", "--name-only"]
    for name in git(service, *changes, "FETCH_HEAD", "HEAD:./").splitlines():
        (copy / name).unlink()
    commit(copy)


def render_updated(copy: Path, arguments: list[str]) -> None:
    """Update the copy to the newest release.

    Raises:
        SystemExit: when nothing changes, or an answer is not accepted.
    """
    if not sys.stdin.isatty():
        arguments = [*arguments, "--defaults"]
    copier("update", copy, "--skip-answered", *arguments)
    commit(copy)
    for argument in arguments:
        given = re.match(r"(?:--data=|-d)?(\w+)=", argument)
        if given and not answer(copy, given[1]):
            sys.exit(
                f"{given[1]} is not a question of the template: {ANSWERS} lists the answers. "
                "Nothing was changed."
            )
    if not git(copy, "diff", "--name-only", "HEAD~", "HEAD"):
        print(
            f"Nothing to update: this service is at {answer(copy, '_commit')}, the newest release."
        )
        sys.exit()
    changed = git(copy, "diff", "--unified=0", "HEAD~", "HEAD", "--", ANSWERS)
    names = set(re.findall(r"^-(\w+): ", changed, re.MULTILINE)) - {"_commit"}
    for name in names.intersection(re.findall(r"^\+(\w+): ", changed, re.MULTILINE)):
        if not any(name in argument or "data-file" in argument for argument in arguments):
            sys.exit(f"{name} needs a new answer: add --data {name}=VALUE. Nothing was changed.")


def merge(service: Path, copy: Path) -> list[str]:
    """Merge the last commit of the copy; return the files with conflicts."""
    added = git(copy, "diff", "--no-renames", "--diff-filter=A", "--name-only", "HEAD~", "HEAD")
    untracked = set(added.splitlines()) - set(git(service, "ls-files").splitlines())
    if in_the_way := sorted(name for name in untracked if (service / name).exists()):
        names = ", ".join(in_the_way)
        sys.exit(f"Move or rename {names} first: the update adds files with these names.")
    fetch(service, copy)
    prefix = git(service, "rev-parse", "--show-prefix").strip("/\n")
    shift = [f"--strategy-option=subtree={prefix}"] if prefix else []
    pick = ["-c", "advice.mergeConflict=false", "cherry-pick", "--no-commit"]
    git(service, *pick, *shift, "FETCH_HEAD", accepted=1)
    return git(service, "diff", "--name-only", "--diff-filter=U").splitlines()


def main() -> None:
    """Update the service in the working directory."""
    service = Path.cwd()
    check(service)
    before = answer(service, "_commit")
    with TemporaryDirectory() as folder:
        copy = Path(folder, "service")
        render_untouched(service, copy)
        render_updated(copy, sys.argv[1:])
        conflicts = merge(service, copy)
    print(f"\nUpdated from {before} to {answer(service, '_commit')}.")
    if conflicts:
        print(CONFLICTS, *conflicts, sep="\n  ", end="\n\n")
    print(NEXT)
    sys.exit(bool(conflicts))


if __name__ == "__main__":
    main()
