"""Certificates for tests of TLS, made with the command `openssl`."""

import subprocess
from pathlib import Path

from tests import servers

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def make_ca(folder: Path, name: str) -> Path:
    """Write NAME.pem and NAME.key, the certificate and the key of a CA."""
    _openssl(
        *("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name} CA"),
        *("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"),
    )
    return folder / f"{name}.pem"


def make_certificate(folder: Path, name: str, *, ca: str, subject: str, host: str) -> Path:
    """Write NAME.pem and NAME.key, which the CA of the name `ca` has signed."""
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName=DNS:{host}\n")
    _openssl(
        *("req", *KEY, "-subj", f"/CN={subject}"),
        *("-keyout", folder / f"{name}.key", "-out", request),
    )
    _openssl(
        *("x509", "-req", "-in", request, "-days", "2", "-CAcreateserial"),
        *("-CA", folder / f"{ca}.pem", "-CAkey", folder / f"{ca}.key"),
        *("-extfile", extensions, "-out", folder / f"{name}.pem"),
    )
    return folder / f"{name}.pem"


def _openssl(*arguments: str | Path) -> None:
    subprocess.run([servers.program("openssl"), *arguments], check=True, capture_output=True)
