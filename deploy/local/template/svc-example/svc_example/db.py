"""This service's own tables stand on this Base."""

from sqlalchemy.orm import DeclarativeBase

from shared.db import COLUMN_TYPES
from shared.tables import new_metadata


class Base(DeclarativeBase):
    """Metadata with the plumbing tables in it."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES
