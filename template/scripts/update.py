"""`uv run poe update`: brings in what the template has improved since this service was made.

Copier updates an untouched copy, rendered from the answers, and git merges what that has changed.
So no edit is lost whatever becomes of its file, be it moved or removed here or in the template.
Arguments are Copier's: `uv run poe update --data ANSWER=VALUE` changes an answer.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ANSWERS = ".copier-answers.yml"
COPIER = ["uvx", "--from", "copier>=9.18,<10", "copier"]
# No hook, signature or global ignore file has a say in what is made aside.
SETTINGS = {
    "commit.gpgSign": "false",
    "core.autocrlf": "false",
    "core.excludesFile": os.devnull,
    "core.hooksPath": os.devnull,
    "user.email": "template@localhost",
    "user.name": "Template",
}
CONFLICTS = """\
You and the template have changed the same lines, or one of you has removed what the other changed.
Make each of these what it should be, then tell git by `git add FILE` or `git rm FILE`:
"""
NEXT = """\
Look through `git diff --staged`, and at what the template's changelog asks of you. Then run

  uv sync && uv run poe check

and commit. `git reset --hard` takes the update back instead."""


def git_environment() -> dict[str, str]:
    """Return an environment that gives git these settings."""
    environment = os.environ | {"GIT_CONFIG_COUNT": str(len(SETTINGS))}
    for number, (key, value) in enumerate(SETTINGS.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment


def git(folder: Path, *arguments: str, accepted: int = 0, env: dict[str, str] | None = None) -> str:
    """Run git; return what it printed.

    Raises:
        SystemExit: with what git says when it ends with more than the accepted code.
    """
    command = ["git", "-c", "core.quotePath=false", *arguments]
    result = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    if result.returncode > accepted:
        sys.exit(result.stderr)
    return result.stdout


def copier(command: str, folder: Path, *arguments: str) -> None:
    """Run Copier, which says itself why it refuses."""
    line = [*COPIER, command, "--quiet", *arguments, str(folder)]
    if subprocess.run(line, env=git_environment(), check=False).returncode:
        sys.exit("Nothing was changed.")


def answer(folder: Path, name: str) -> str:
    found = re.search(rf"^{name}: (.+)$", (folder / ANSWERS).read_text("utf-8"), re.MULTILINE)
    return found[1].strip("'\"") if found else ""


def check(service: Path) -> None:
    """Make sure that an update can be merged, and taken back.

    Raises:
        SystemExit: with a sentence that says what to do first.
    """
    if not (service / ANSWERS).is_file():
        sys.exit(f"There is no {ANSWERS} here, which says what to update from.")
    source = answer(service, "_src_path")
    if not re.match(r"[/~]|[\w.+@-]+:", source):
        sys.exit(
            f"{source!r} is no address that works from here: write the URL of the template's "
            f"repository after _src_path in {ANSWERS}, and commit that."
        )
    if not git(service, "rev-parse", "--verify", "--quiet", "HEAD", accepted=128):
        sys.exit("Git merges the update: commit the service first.")
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
    """Render the service as the template had it, without the files that were deleted since."""
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
    """Bring the copy to the newest release.

    Raises:
        SystemExit: when nothing is new, or an answer is no longer accepted.
    """
    if not sys.stdin.isatty():
        arguments = [*arguments, "--defaults"]
    copier("update", copy, "--skip-answered", *arguments)
    commit(copy)
    for argument in arguments:
        given = re.match(r"(?:--data=|-d)?(\w+)=", argument)
        if given and not answer(copy, given[1]):
            sys.exit(
                f"Nothing asks for {given[1]}: {ANSWERS} lists the answers. Nothing was changed."
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
            sys.exit(
                f"{name} has to be answered anew: add --data {name}=VALUE. Nothing was changed."
            )


def merge(service: Path, copy: Path) -> list[str]:
    """Merge what the last commit of the copy changed; return the files that are in conflict."""
    added = git(copy, "diff", "--no-renames", "--diff-filter=A", "--name-only", "HEAD~", "HEAD")
    untracked = set(added.splitlines()) - set(git(service, "ls-files").splitlines())
    if in_the_way := sorted(name for name in untracked if (service / name).exists()):
        sys.exit(f"Move {', '.join(in_the_way)} away first: the update has files of that name.")
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
