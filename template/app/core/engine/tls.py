"""TLS of the connections to the database server."""

import ssl
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import URL

# From the weakest to the strongest.
MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# The certificates of the operating system.
SYSTEM = "system"


class Tls(NamedTuple):
    """The encryption of a connection; `ca`, `cert` and `key` are paths of PEM files.

    Without a mode, a CA means verify-full, and a certificate of the client means require. A CA with
    require means verify-ca, as in the servers' own clients.
    """

    mode: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @classmethod
    def of(cls, url: URL, names: Sequence[str]) -> "Tls":
        """Return the parameters of a URL; `names` are those of mode, CA, certificate and key."""
        values = (url.query.get(name) for name in names)
        return cls(*(value if isinstance(value, str) else None for value in values))

    def put(self, url: URL, names: Sequence[str]) -> URL:
        """Return the URL with these parameters; `names` are as in `of`."""
        values = {name: value for name, value in zip(names, self, strict=True) if value}
        return url.difference_update_query(names).update_query_dict(values)

    def complete(self) -> "Tls":
        """Return the same with the mode that is meant.

        Raises:
            ValueError: when the parts contradict each other.
        """
        mode, ca = self.mode, self.ca
        if mode is None and (ca or self.cert):
            mode = "verify-full" if ca else "require"
        if self.key and not self.cert:
            raise ValueError("the key of the client (DATABASE_SSL_KEY) needs its certificate")
        if (ca or self.cert) and MODES.index(mode or "disable") < MODES.index("require"):
            raise ValueError(f"the TLS mode {mode} does not use certificates: set verify-full")
        if ca == SYSTEM and mode != "verify-full":
            raise ValueError(f"the TLS mode {mode} needs the file of a CA: set verify-full")
        if ca and mode == "require":
            mode = "verify-ca"
        if mode == "verify-ca" and not ca:
            raise ValueError(
                "the TLS mode verify-ca needs the file of a CA: set DATABASE_SSL_CA, or set "
                "verify-full"
            )
        if mode == "verify-full":
            ca = ca or SYSTEM
        return self._replace(mode=mode, ca=ca)

    def joined(self, other: "Tls") -> "Tls":
        """Return these parameters of the URL with those of the settings.

        Raises:
            ValueError: when a setting weakens the mode, or names another file.
        """
        if other.mode and self.mode and MODES.index(other.mode) < MODES.index(self.mode):
            raise ValueError(
                f"DATABASE_SSL_MODE={other.mode} is weaker than {self.mode} in DATABASE_URL: "
                "change one of them"
            )
        for name, own, given in zip(self._fields[1:], self[1:], other[1:], strict=True):
            if own and given and own != given:
                raise ValueError(
                    f"DATABASE_SSL_{name.upper()} and DATABASE_URL name different files: "
                    "set one of them"
                )
        return Tls(*(given or own for own, given in zip(self, other, strict=True)))

    def problem(self) -> str | None:
        """Return the reason why the files cannot be used; None if there is none."""
        for path in (self.ca, self.cert, self.key):
            if path and "-----BEGIN" in path:
                return "a setting of TLS must be the path of a file, not its content"
        for path in (self.ca, self.cert, self.key):
            if path and path != SYSTEM and not Path(path).is_file():
                return f"the file {path} is missing"
        try:
            self.context()
        except (OSError, ssl.SSLError) as error:
            files = " and ".join(filter(None, (self.ca, self.cert, self.key)))
            return f"the certificates in {files} cannot be used: {error}"
        return None

    def context(self) -> ssl.SSLContext:
        """Return the context of new connections; files that changed are read again."""
        paths = (path for path in (self.ca, self.cert, self.key) if path and path != SYSTEM)
        return _context(self, tuple(Path(path).stat().st_mtime_ns for path in paths))


@lru_cache(maxsize=8)
def _context(tls: Tls, changed_at: tuple[int, ...]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = tls.mode == "verify-full"
    if tls.ca is None:
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca == SYSTEM:
        context.load_default_certs()
    else:
        context.load_verify_locations(tls.ca)
    if tls.cert:
        # Without the function, a key with a password would be asked for at the terminal.
        context.load_cert_chain(tls.cert, tls.key, password=lambda: "")
    return context
