"""The base of the platform's own models in tests; your models may have the same names."""

from sqlalchemy import MetaData, orm

from app.models import base


class Base(base.Base):
    """A relationship that names a class as a string finds it among these models only."""

    __abstract__ = True
    metadata = MetaData(naming_convention=base.NAMING_CONVENTION)
    registry = _sa_registry = orm.registry(
        metadata=metadata, type_annotation_map=base.Base.type_annotation_map
    )
