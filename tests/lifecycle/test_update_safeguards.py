"""Safeguards of `poe update`: a test in the project fails without each of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rendering import render
from tests.safeguards import Safeguard

pytestmark = pytest.mark.proof

SCRIPT = "scripts/update.py"
TESTS = "tests/platform/test_update.py"
SAFEGUARDS = [
    Safeguard(promise, SCRIPT, code, instead, TESTS)
    for promise, code, instead in [
        ("a moved file is updated in its new place", '"--find-renames", ', '"--no-renames", '),
        ("a deleted file stays deleted", "        (copy / name).unlink()\n", "        pass\n"),
        ("an answer changes only on request", "if not any(name", "if not any(not name"),
        (
            "an unknown answer is refused",
            "if given and not answer(",
            "if given and answer(",
        ),
        ("an ignored file is not overwritten", "if (service / name).exists()", "if not name"),
        (
            "uncommitted changes are refused",
            'if git(service, "status"',
            'if git(service, "tag"',
        ),
        ("conflict markers are found", "if unresolved:", "if not unresolved:"),
        ("a conflict is an error", "sys.exit(bool(conflicts))", "sys.exit()"),
    ]
]


def passes(project: Path) -> bool:
    options = ["--noconftest", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "-qx"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, TESTS],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    return result.returncode == 0


def test_the_script_passes_its_tests(template: Path, tmp_path: Path) -> None:
    assert passes(render(template, tmp_path).path)


@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=lambda safeguard: safeguard.promise)
def test_a_broken_promise_is_detected(template: Path, tmp_path: Path, safeguard: Safeguard) -> None:
    project = render(template, tmp_path)
    safeguard.take_out(project.path)
    compile((project.path / SCRIPT).read_text("utf-8"), SCRIPT, "exec")
    assert not passes(project.path)
