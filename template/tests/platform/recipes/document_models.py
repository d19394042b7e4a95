from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Timestamps, UUIDPrimaryKey
from tests.platform.recipes.models import Base


class Document(UUIDPrimaryKey, Timestamps, Base, kw_only=True):
    __tablename__ = "document"

    file: Mapped[str] = mapped_column(String(32), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
