"""Records the README's start command and two requests, and writes `docs/terminal.svg`.

    uv run python docs/record_terminal.py

The commands run in a clone of the last commit, in a temporary folder. Port 8000 must be free. The
picture shows their output; only pauses of more than a second are shortened.
"""

import getpass
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs/terminal.svg"
SERVICE = "http://127.0.0.1:8000"
REQUESTS = [
    f"curl {SERVICE}/api/v1/products --json '" + '{"name": "Pencil", "price": "0.80"}' + "'",
    f"curl {SERVICE}/api/v1/products/7",
]
START_TIMEOUT = 300.0

COLUMNS, ROWS = 100, 26
CHARACTER, LINE, MARGIN = 7.9, 18, 16
LONGEST_PAUSE, LAST_PAUSE = 1.0, 8.0
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Recording:
    """Lines of a terminal, each with the time of its appearance in seconds."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[tuple[float, str]] = []
        self._started = time.monotonic()
        self._shown_as = {str(folder.resolve()): "~", str(folder): "~", str(Path.home()): "~"}

    def add(self, line: str) -> None:
        """Add a line of output, with the folders of this machine shown as `~`."""
        text = ANSI.sub("", line).rstrip()
        for path, shown in self._shown_as.items():
            text = text.replace(path, shown)
        self.lines.append((time.monotonic() - self._started, text))

    def run(self, command: str) -> None:
        """Show a command and its output."""
        self.add(f"$ {command}")
        program, *arguments = shlex.split(command)
        result = subprocess.run(
            [program, "--silent", *arguments], capture_output=True, text=True, check=True
        )
        self.add(result.stdout)


def start_command() -> str:
    """Return the README's command for a checkout."""
    blocks = re.findall(r"^```\n(.+?)\n```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    return next(block for block in blocks if '"$PWD"' in block and "poe dev" in block)


def environment() -> dict[str, str]:
    """Return this process's environment without its virtual environment, and a quiet pip."""
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "DATABASE_URL"}}
    scripts = str(Path(sys.executable).parent)
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder != scripts]
    return kept | {
        "HOST": "127.0.0.1",
        "PATH": os.pathsep.join(path),
        "PIP_QUIET": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PORT": "8000",
        "PYTHONUNBUFFERED": "1",
    }


def listens() -> bool:
    """Tell whether something listens on the service's port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", 8000)) == 0


def wait_for(process: subprocess.Popen[str], text: str, recording: Recording) -> None:
    """Wait until the process has printed the text.

    Raises:
        SystemExit: when the process ends before, or takes too long.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while not any(text in line for _, line in recording.lines):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit("\n".join(line for _, line in recording.lines))
        time.sleep(0.1)


def record(folder: Path) -> Recording:
    """Run the commands; return what a terminal shows."""
    checkout = folder / "copier-fastapi-service"
    subprocess.run(["git", "clone", "--quiet", ROOT, checkout], check=True)
    recording = Recording(folder)
    recording.add(f"$ {start_command()}")
    process = subprocess.Popen(
        ["bash", "-c", start_command()],
        cwd=checkout,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    output = process.stdout
    reading = threading.Thread(target=lambda: [recording.add(line) for line in output])
    reading.start()
    try:
        wait_for(process, "Ready: ", recording)
        recording.add("")
        recording.add("# in a second terminal")
        for request in REQUESTS:
            recording.run(request)
            time.sleep(0.5)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        count = len(recording.lines)
        process.wait(30)
        reading.join(30)
        remove_data(folder / "example-service")
    del recording.lines[count:]
    return recording


def remove_data(service: Path) -> None:
    """Delete the local database of the service, which is in a cache folder."""
    code = "from scripts.local_database import folder; print(folder())"
    command = ["uv", "run", "--quiet", "python", "-c", code]
    result = subprocess.run(
        command, cwd=service, env=environment(), capture_output=True, text=True, check=False
    )
    if result.returncode == 0:
        shutil.rmtree(result.stdout.strip(), ignore_errors=True)


def rows_of(recording: Recording) -> list[tuple[float, str]]:
    """Return the rows of the screen, with pauses shortened."""
    rows: list[tuple[float, str]] = []
    now = last = 0.0
    for moment, line in recording.lines:
        now += min(moment - last, LONGEST_PAUSE)
        last = moment
        options = {"subsequent_indent": "  ", "break_on_hyphens": False, "drop_whitespace": False}
        rows += [(now, row) for row in wrap(line, COLUMNS, **options) or [""]]  # type: ignore[arg-type]
    return rows


def svg(rows: list[tuple[float, str]]) -> str:
    """Return the rows as an animation: they scroll, and a cover hides what is not printed yet."""
    frames: dict[float, int] = {0.0: 1}
    for count, (moment, _) in enumerate(rows, 1):
        frames[round(moment, 1)] = count
    duration = max(frames) + LAST_PAUSE
    times = ";".join(f"{moment / duration:.4f}" for moment in frames)
    hidden = [max(count - ROWS, 0) for count in frames.values()]
    scroll = ";".join(f"0 {-rows_hidden * LINE}" for rows_hidden in hidden)
    edge = ";".join(
        str((count - gone) * LINE) for count, gone in zip(frames.values(), hidden, strict=True)
    )
    timing = f'calcMode="discrete" dur="{duration:.1f}s" repeatCount="indefinite"'
    timing = f'{timing} keyTimes="{times}"'
    width, height = round(COLUMNS * CHARACTER), ROWS * LINE
    texts = "\n".join(
        f'<text y="{number * LINE - 5}"{style(row)}>{escape(row, quote=False)}</text>'
        for number, (_, row) in enumerate(rows, 1)
        if row
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 2 * MARGIN} {height + 2 * MARGIN}">
<title>The start command of the README, recorded</title>
<style>text {{ font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
fill: #c9d1d9; white-space: pre }} .command {{ fill: #7ee787 }} .comment {{ fill: #8b949e }}</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<svg x="{MARGIN}" y="{MARGIN}" width="{width}" height="{height}">
<g xml:space="preserve" transform="translate(0 {-hidden[-1] * LINE})">
<animateTransform attributeName="transform" type="translate" {timing} values="{scroll}"/>
{texts}
</g>
<rect y="{height}" width="{width}" height="{height}" fill="#0d1117">
<animate attributeName="y" {timing} values="{edge}"/>
</rect>
</svg>
</svg>
"""


def style(row: str) -> str:
    """Return the class of a row."""
    if row.startswith("$ "):
        return ' class="command"'
    return ' class="comment"' if row.startswith(("#", "    create ")) else ""


def check(picture: str) -> None:
    """Make sure that the picture names neither this machine nor its user.

    Raises:
        SystemExit: with what it names.
    """
    names = {str(Path.home()), socket.gethostname(), "/tmp/"}  # noqa: S108 - looked for, not used
    names |= {getpass.getuser()} - {"root"}
    hosts = set(re.findall(r"https?://([\w.-]+)", picture)) - {"127.0.0.1", "www.w3.org"}
    if found := {name for name in names if name in picture} | hosts:
        sys.exit(f"The recording shows {', '.join(sorted(found))}.")


def main() -> None:
    """Record, and write the picture."""
    if listens():
        sys.exit("Port 8000 is in use.")
    with TemporaryDirectory() as folder:
        recording = record(Path(folder))
    picture = svg(rows_of(recording))
    check(picture)
    PICTURE.write_text(picture, "utf-8")


if __name__ == "__main__":
    main()
