"""The questions of `poe feature` on a terminal, which a pipe cannot show."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from select import select

import pytest

PROJECT = Path(__file__).parents[3]
CTRL_C, CTRL_D = "\x03", "\x04"
CODE = """
import fcntl, sys, termios
from pathlib import Path
from scripts import feature
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # for the signal of Ctrl+C
feature.PROJECT = Path(sys.argv.pop())
sys.exit(feature.main())
"""


def answer(folder: Path, *answers: str) -> tuple[int, str]:
    """Give each answer after its question; return the exit code and what the terminal shows."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-c", CODE, "--key", "uuid", str(folder)]
    shown, sent = "", 0
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=end, stdout=end, stderr=end, start_new_session=True
    ) as process:
        os.close(end)
        while part := _read(terminal, answers[sent - 1] if sent else ""):
            shown += part
            if shown.endswith(": ") and sent < len(answers):
                os.write(terminal, answers[sent].encode())
                sent += 1
    os.close(terminal)
    return process.returncode, shown.replace("\r\n", "\n")


def _read(terminal: int, last: str) -> str:
    while not select([terminal], [], [], 1)[0]:
        # Python does not see a signal that comes just before it waits for a line.
        if last == CTRL_C:
            os.write(terminal, CTRL_C.encode())
    try:
        return os.read(terminal, 1024).decode()
    except OSError:  # the other end is closed
        return ""


def test_a_refused_column_is_asked_for_again(tmp_path: Path) -> None:
    code, shown = answer(tmp_path, "order\n", "size:number\n", "size:int\n", "\n", "number\n", "\n")
    assert code == 0, shown
    assert "Column 1: size:number\nnumber in 'size:number' is no type" in shown
    models = (tmp_path / "app/order/models.py").read_text("utf-8")
    assert "size: Mapped[int]" in models
    assert "class Order(UUIDPrimaryKey, " in models


@pytest.mark.parametrize("answers", [(), ("order\n", "size:int\n")])
@pytest.mark.parametrize(
    ("key", "code", "last"),
    [(CTRL_C, -signal.SIGINT, "^C"), (CTRL_D, 1, "\nNothing was written.\n")],
)
def test_ctrl_c_and_ctrl_d_leave_nothing(
    tmp_path: Path, answers: tuple[str, ...], key: str, code: int, last: str
) -> None:
    ended, shown = answer(tmp_path, *answers, key)
    assert (ended, shown.endswith(last)) == (code, True), shown
    assert "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []
