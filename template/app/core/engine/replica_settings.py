"""The settings of each replica in `DATABASE_REPLICA_URL`."""

from sqlalchemy import URL

from app.core.config import Settings
from app.core.engine.addresses import Address, addresses
from app.core.engine.server_state import HOST_CHOICE


class ReplicaSettings(Settings):
    """The settings of one replica: those of the service, with another URL."""

    address: Address | None = None

    @property
    def configured_url(self) -> URL | None:
        """The URL of this replica, with the login of all of them."""
        url = super().configured_url
        assert url is not None
        url = url.difference_update_query(HOST_CHOICE)
        if self.address is None:
            return url
        url = url.difference_update_query(("host", "port"))
        return url.set(host=self.address.host, port=self.address.port)

    @property
    def place(self) -> str:
        """The host and the port of this replica."""
        return str(self.address or Address(None))


def replica_settings(settings: Settings) -> list[ReplicaSettings]:
    """Return the settings of the replica at each host in `DATABASE_REPLICA_URL`."""
    url = settings.replica_url
    if url is None:
        return []
    values = {**settings.__dict__, "database_url": settings.database_replica_url}
    return [
        ReplicaSettings.model_construct(**values, address=address)
        for address in (*addresses(url),) or (None,)
    ]
