"""The Dockerfile of a project, without Docker."""

import json
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.image import Image, sent_to_the_builder
from tests.live import Service, uv_cache
from tests.servers import free_port

Start = Callable[..., Service]

# Files that must not get into an image; Git ignores some of them.
FOREIGN = (
    ".env",
    ".venv/bin/tool",
    "app/__pycache__/main.cpython-399.pyc",
    "notes.txt",
    "local.db",
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def checked_out(service: Service, folder: Path) -> Path:
    """Return a clone that only its owner can read, with files that Git ignores."""
    service.run("git", "clone", "--quiet", str(service.path), str(folder))
    for name in FOREIGN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("secret")
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode & ~0o077)
    return folder


@contextmanager
def database_of(service: Service, image: Image) -> Iterator[dict[str, str]]:
    """Yield the variables that the image needs for an empty database; its URL is in a file."""
    if image.settings.volumes:
        yield {}
        return
    with service.running_database() as url:
        secrets = image.place / "secrets"
        secrets.mkdir()
        (secrets / "database_url").write_text(f"{url}\n")
        # Outside `local`, the service refuses the password of a server in CI.
        local = {"ENVIRONMENT": "local"} if ":change-me@" in url else {}
        yield {"SECRETS_DIR": str(secrets)} | local


def waits_until_healthy(image: Image, process: subprocess.Popen[str], **variables: str) -> None:
    for _ in range(300):
        if image.run(*image.settings.health_check, **variables).returncode == 0:
            return
        if process.poll() is not None:
            pytest.fail(f"the service ended: {process.communicate()[0]}")
        time.sleep(0.2)
    pytest.fail("the service is not healthy")


@pytest.mark.parametrize(
    "database",
    [
        "postgresql",
        pytest.param("mysql", marks=pytest.mark.proof),
        pytest.param("sqlite", marks=pytest.mark.proof),
    ],
)
def test_the_image_has_the_files_that_it_needs_and_serves_as_any_user(
    start: Start, place: Path, database: str
) -> None:
    service = start(database=database)
    image = Image(checked_out(service, place / "context"), place / "image", uv_cache())
    assert files_of(image) == {
        name
        for name in service.run("git", "ls-files").splitlines()
        if name.startswith(("app/", "migrations/")) or name in {"alembic.ini", "pyproject.toml"}
    }
    assert not (image.root / "usr/local/bin/uv").exists()
    assert not (image.settings.folder / ".venv/bin/pytest").exists()
    assert not uncompiled(image)
    assert not badly_protected(image)
    assert image.settings.ports == ("8000",)
    # OpenShift chooses the user, which matters to the owner of a volume.
    for user in (image.user, (123456, 0)) if image.settings.volumes else [image.user]:
        image.user = user
        for file in (file for volume in image.settings.volumes for file in volume.iterdir()):
            file.unlink()
        with database_of(service, image) as variables:
            migrates_serves_and_stops(image, variables | {"PORT": str(free_port())})


def files_of(image: Image) -> set[str]:
    """Return the files of the service, without its dependencies and the byte code."""
    folder = image.settings.folder
    paths = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {
        path.as_posix() for path in paths if not {".venv", "__pycache__"}.intersection(path.parts)
    }


def uncompiled(image: Image) -> list[Path]:
    """Return the modules without byte code, which each process would compile again."""
    folder = image.settings.folder
    modules = [
        *(folder / "app").rglob("*.py"),
        *(folder / "migrations").rglob("*.py"),
        *(folder / ".venv/lib").glob("*/site-packages/fastapi/**/*.py"),
        *(image.root / "usr/local/lib").glob("*/http/*.py"),
    ]
    assert len({module.parent.name for module in modules}) > 5
    return [m for m in modules if not list(m.parent.glob(f"__pycache__/{m.stem}.*.pyc"))]


def badly_protected(image: Image) -> list[Path]:
    """Return what some user cannot read, or can change."""

    def is_protected(path: Path) -> bool:
        mode = path.stat().st_mode
        readable = 0o055 if path.is_dir() else 0o044
        return mode & readable == readable and not mode & 0o022

    # uv writes the lock of an environment for all users.
    others = {*image.settings.volumes, image.settings.folder / ".venv/.lock"}
    paths = {path for path in image.root.rglob("*") if not path.is_symlink()}
    return sorted(path for path in paths - others if not is_protected(path))


def migrates_serves_and_stops(image: Image, variables: dict[str, str]) -> None:
    migrated = image.run("alembic", "upgrade", "head", **variables)
    assert migrated.returncode == 0, migrated.stdout
    diagnosis = image.run("python", "-m", "app.core.doctor", **variables)
    assert diagnosis.returncode == 0, diagnosis.stdout
    assert image.run(*image.settings.health_check, **variables).returncode == 1
    with image.running(**variables) as process:
        waits_until_healthy(image, process, **variables)
        for path in ("/health/ready", "/api/v1/products"):
            with urllib.request.urlopen(f"http://127.0.0.1:{variables['PORT']}{path}") as answer:
                assert json.load(answer)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        # 0 as process 1 of a container, which signals do not end.
        assert process.returncode in (0, -signal.SIGTERM), output


@pytest.mark.parametrize(
    "line",
    [
        'ENTRYPOINT ["python"]',
        "ADD app app",
        "COPY --link app app",
        "RUN --network=none true",
        "COPY missing .",
        "FROM debian:13-slim",
    ],
)
def test_nothing_in_a_dockerfile_is_ignored(tmp_path: Path, line: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.13-slim\n{line}\n")
    (tmp_path / ".dockerignore").write_text("*\n!app\n")
    with pytest.raises(AssertionError):
        Image(tmp_path, tmp_path / "image", "")


def test_the_last_matching_line_of_the_ignore_file_decides(tmp_path: Path) -> None:
    names = ("app/main.py", "app/__pycache__/main.pyc", "notes/app/main.py", "a.md", ".env")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text("# comment\n\n*\n!app\n!*.md\n**/__pycache__\n")
    assert list(map(str, sent_to_the_builder(tmp_path))) == ["a.md", "app/main.py"]
