"""Exact decimals on SQLite."""

import sqlite3
import sys
from decimal import Decimal

from sqlalchemy import Dialect, Numeric
from sqlalchemy.types import TypeDecorator


class ExactNumeric(TypeDecorator[Decimal]):
    """A decimal with a fixed number of places, exact although SQLite stores a float.

    A float is exact for decimals of up to 15 digits: DBL_DIG of IEEE 754.

    Args:
        precision: the number of digits.
        scale: the number of digits after the decimal point.

    Raises:
        ValueError: when `precision` is more than 15.
        sqlite3.DataError: when a value with more digits is written.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        if precision > sys.float_info.dig:
            raise ValueError(f"precision must be at most {sys.float_info.dig}, not {precision}")
        super().__init__(precision, scale, asdecimal=False)
        self.precision, self.scale = precision, scale

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> float | None:
        if value is None:
            return None
        if abs(value) >= 10 ** (self.precision - self.scale):
            raise sqlite3.DataError(f"a value has more than {self.precision} digits")
        return float(round(value, self.scale))

    def process_result_value(self, value: float | None, dialect: Dialect) -> Decimal | None:
        return Decimal(f"{value:.{self.scale}f}") if value is not None else None
