"""Does what a Dockerfile says, without Docker: its files, commands, user and health check.

A folder stands for the root of each image. An instruction or option that is not known here fails
the test, so that nothing in a Dockerfile is ignored.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import IO

import pytest

UV = "ghcr.io/astral-sh/uv:"
# An absolute path in a shell command, a variable or a URL.
ABSOLUTE = re.compile(r"(?<![\w.*])/(?=[a-z])")
OPTIONS = {
    "COPY": {"chmod", "from"},
    "HEALTHCHECK": {"interval", "start-period", "timeout"},
    "RUN": {"mount"},
}


@dataclass(frozen=True)
class Instruction:
    """A line of a Dockerfile."""

    name: str
    options: dict[str, str]
    rest: str


def parse(dockerfile: str) -> Iterator[Instruction]:
    """Yield the instructions, without comments."""
    lines = [line for line in dockerfile.splitlines() if not re.match(r"\s*(#|$)", line)]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, rest = line.split(maxsplit=1)
        options: dict[str, str] = {}
        while option := re.match(r"--([\w-]+)=(\S+)\s+", rest):
            options[option[1]] = option[2]
            rest = rest[option.end() :]
        unknown = options.keys() - OPTIONS.get(name, set())
        assert not unknown, f"{name} has options that tests/image.py does not know: {unknown}"
        assert not rest.startswith("--"), line
        yield Instruction(name, options, rest)


def sent_to_the_builder(context: Path) -> list[Path]:
    """Return the files of a folder that its .dockerignore allows, relative to the folder."""
    rules = []
    for line in (context / ".dockerignore").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            assert not re.search(r"[?\[\]\\]", line), f"tests/image.py does not know: {line}"
            pattern = re.escape(line.removeprefix("!"))
            pattern = pattern.replace(r"\*\*/", "(.+/)?").replace(r"\*", "[^/]*")
            rules.append((re.compile(rf"{pattern}(/.*)?"), line.startswith("!")))

    def allowed(name: str) -> bool:
        verdict = True
        for pattern, included in rules:
            if pattern.fullmatch(name):
                verdict = included
        return verdict

    files = [path.relative_to(context) for path in context.rglob("*") if path.is_file()]
    return sorted(name for name in files if allowed(name.as_posix()))


@dataclass(frozen=True)
class Settings:
    """The settings of an image; a later stage inherits them."""

    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    ports: tuple[str, ...] = ()
    volumes: tuple[Path, ...] = ()
    health_check: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


class Image:
    """The image of a Dockerfile, in a folder.

    Args:
        context: the folder with the Dockerfile.
        place: an empty folder. `place/root` stands for the root of each stage in turn, since
            scripts contain absolute paths.
        cache: the folder of uv's cache.
    """

    def __init__(self, context: Path, place: Path, cache: str) -> None:
        self.context = context
        self.place = place
        self.root = place / "root"
        self.cache = cache
        self.settings = Settings()
        self.user = (0, 0)
        self.stages: dict[str, Settings] = {}
        self.stage = ""
        known: dict[str, Callable[[Instruction], None]] = {
            "CMD": self._cmd,
            "COPY": self._copy,
            "ENV": self._env,
            "EXPOSE": self._expose,
            "FROM": self._from,
            "HEALTHCHECK": self._healthcheck,
            "RUN": self._run,
            "USER": self._user,
            "VOLUME": self._volume,
            "WORKDIR": self._workdir,
        }
        for instruction in parse((context / "Dockerfile").read_text("utf-8")):
            assert instruction.name in known, f"tests/image.py does not know {instruction.name}"
            known[instruction.name](instruction)

    def here(self, text: str) -> str:
        """Return a text whose absolute paths lead into the folder of the image."""
        return ABSOLUTE.sub(f"{self.root}/", text)

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, as `docker run --rm` does."""
        process = self.start(command, **variables)
        output, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, output)

    @contextmanager
    def running(self, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Run the command of the image meanwhile."""
        process = self.start(self.settings.command, **variables)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def start(
        self, command: Sequence[str], output: int | IO[str] = subprocess.PIPE, **variables: str
    ) -> subprocess.Popen[str]:
        """Start a command as the user of the image, or as the own user when that is not root."""
        as_user = {"user": self.user[0], "group": self.user[1], "extra_groups": []}
        environment = self._variables() | variables
        return subprocess.Popen(
            [shutil.which(command[0], path=environment["PATH"]) or command[0], *command[1:]],
            cwd=self.settings.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            **(as_user if os.geteuid() == 0 else {}),  # type: ignore[arg-type]
        )

    def _variables(self) -> dict[str, str]:
        return {"HOME": "/", "LANG": "C.UTF-8"} | self.settings.environment

    def _from(self, instruction: Instruction) -> None:
        base, *name = re.split(r" AS ", instruction.rest)
        if self.root.exists():
            self.root.rename(self.place / self.stage)
        self.stage = name[0] if name else "final"
        if base in self.stages:
            shutil.copytree(self.place / base, self.root, symlinks=True)
            self.settings = self.stages[base]
        else:
            assert re.fullmatch(r"python:3\.\d+-slim", base), base
            self.settings = Settings(environment={"PATH": self._python()})
        self.stages[self.stage] = self.settings

    def _python(self) -> str:
        """Install Python, with a part of its library that `RUN` may change; return the PATH."""
        python = interpreter()
        programs = self.root / "usr/local/bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(python)
        version = subprocess.check_output(
            [python, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"], text=True
        ).strip()
        library = self.root / "usr/local/lib" / version
        for name in ("http/client.py", "site-packages/pip.py"):
            (library / name).parent.mkdir(parents=True)
            (library / name).write_text("")
        return f"{programs}:/usr/bin:/bin"

    def _keep(self, **changes: object) -> None:
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.stages[self.stage] = self.settings

    def _env(self, instruction: Instruction) -> None:
        environment = dict(self.settings.environment)
        for assignment in shlex.split(instruction.rest):
            name, value = assignment.split("=", 1)
            environment[name] = Template(self.here(value)).substitute(environment)
        self._keep(environment=environment)

    def _workdir(self, instruction: Instruction) -> None:
        folder = Path(self.here(instruction.rest))
        folder.mkdir(parents=True, exist_ok=True)
        self._keep(folder=folder)

    def _copy(self, instruction: Instruction) -> None:
        *sources, destination = shlex.split(instruction.rest)
        target = self.settings.folder / self.here(destination)
        mode = instruction.options.get("chmod")
        for source in sources:
            into = target / Path(source).name if destination.endswith("/") else target
            found = list(self._found(source, instruction.options.get("from")))
            assert found, f"COPY: {source} is not there"
            for path, name in found:
                _copy_file(path, into / name if name else into, mode)

    def _found(self, source: str, origin: str | None) -> Iterable[tuple[Path, str]]:
        """Yield the files of a source, with their path in it; "" for a file itself."""
        if origin is None:
            for name in sent_to_the_builder(self.context):
                if name.is_relative_to(source):
                    inner = name.relative_to(source).as_posix()
                    yield self.context / name, "" if inner == "." else inner
        elif origin in self.stages:
            tree = self.place / origin / source.lstrip("/")
            for path in tree.rglob("*"):
                if path.is_symlink() or path.is_file():
                    yield path, path.relative_to(tree).as_posix()
        else:
            assert origin.startswith(UV), origin
            assert source == "/uv"
            yield Path(shutil.which("uv") or "uv"), ""

    def _run(self, instruction: Instruction) -> None:
        mount = instruction.options.get("mount", "type=cache,target=/root/.cache/uv")
        assert mount == "type=cache,target=/root/.cache/uv", mount
        if "--owner" in instruction.rest and os.geteuid():
            pytest.skip("only root can give a folder to another user")
        subprocess.run(
            ["sh", "-c", self.here(instruction.rest)],
            cwd=self.settings.folder if self.settings.folder != Path("/") else self.root,
            env=self._variables() | {"UV_CACHE_DIR": self.cache},
            stdin=subprocess.DEVNULL,
            check=True,
        )

    def _user(self, instruction: Instruction) -> None:
        user, group = map(int, instruction.rest.split(":"))
        self.user = (user, group)

    def _expose(self, instruction: Instruction) -> None:
        self._keep(ports=(*self.settings.ports, instruction.rest))

    def _volume(self, instruction: Instruction) -> None:
        self._keep(volumes=(*self.settings.volumes, Path(self.here(instruction.rest))))

    def _healthcheck(self, instruction: Instruction) -> None:
        form, command = instruction.rest.split(maxsplit=1)
        assert form == "CMD"
        self._keep(health_check=tuple(json.loads(command)))

    def _cmd(self, instruction: Instruction) -> None:
        self._keep(command=tuple(json.loads(instruction.rest)))


def _copy_file(source: Path, target: Path, mode: str | None) -> None:
    """Copy a file as `COPY` does: new folders and the file get the mode, or keep their own."""
    missing = [folder for folder in target.parents if not folder.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)
    if mode:
        for path in (target, *missing):
            path.chmod(int(mode, 8))
    elif missing:
        # The folder of a source keeps its mode; others are made anew.
        for folder, origin in zip(missing, source.parents, strict=False):
            folder.chmod(origin.stat().st_mode & 0o777)


def interpreter() -> str:
    """Return a Python that every user of this machine can run; skip the test without one."""
    path = Path(sys.executable).resolve()
    if os.geteuid() == 0 and not all(folder.stat().st_mode & 0o001 for folder in path.parents):
        found = shutil.which("python3", path="/usr/local/bin:/usr/bin")
        code = "import sys, venv; sys.exit(sys.version_info < (3, 11))"
        if not found or subprocess.run([found, "-c", code], check=False).returncode:
            pytest.skip("another user than root can run no Python 3.11 or later")
        path = Path(found).resolve()
    return str(path)
