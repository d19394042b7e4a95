"""Each promise of `poe update` has a test in the project that fails when it is broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rendering import render
from tests.safeguards import Safeguard

pytestmark = pytest.mark.proof

SCRIPT = "scripts/update.py"
TESTS = "tests/test_update.py"
SAFEGUARDS = [
    Safeguard(promise, SCRIPT, code, instead, TESTS)
    for promise, code, instead in [
        ("a moved file is improved where it is", '"--find-renames", ', '"--no-renames", '),
        ("a deleted file stays deleted", "        (copy / name).unlink()\n", "        pass\n"),
        ("an answer stays as it is", "if not any(name", "if not any(not name"),
        (
            "nothing is answered that is not asked",
            "if given and not answer(",
            "if given and answer(",
        ),
        ("an ignored file is not overwritten", "if (service / name).exists()", "if not name"),
        (
            "what is not committed is not touched",
            'if git(service, "status"',
            'if git(service, "tag"',
        ),
        ("marks of a conflict are found", "if unresolved:", "if not unresolved:"),
        ("a conflict is no success", "sys.exit(bool(conflicts))", "sys.exit()"),
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
def test_a_broken_promise_is_noticed(template: Path, tmp_path: Path, safeguard: Safeguard) -> None:
    project = render(template, tmp_path)
    safeguard.take_out(project.path)
    compile((project.path / SCRIPT).read_text("utf-8"), SCRIPT, "exec")
    assert not passes(project.path)
