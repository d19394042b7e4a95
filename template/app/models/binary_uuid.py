"""UUIDs as 16 bytes on MySQL."""

from uuid import UUID

from sqlalchemy import BINARY, Dialect
from sqlalchemy.types import TypeDecorator


class BinaryUUID(TypeDecorator[UUID]):
    """A UUID as its 16 bytes: half the size of its text, in the same order."""

    impl = BINARY(16)
    cache_ok = True

    @property
    def python_type(self) -> type[UUID]:
        return UUID

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        return value.bytes if value is not None else None

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> UUID | None:
        return UUID(bytes=value) if value is not None else None
