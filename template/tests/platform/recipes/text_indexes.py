"""An index for prefix searches, in every collation."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IntegerPrimaryKey
from tests.platform.recipes.models import Base


class Contact(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "contact"

    name: Mapped[str] = mapped_column(String(100))


Index("ix_contact_name_prefix", Contact.name, postgresql_ops={"name": "text_pattern_ops"})
