"""Decimals that stay exact on SQLite."""

import sqlite3
import sys
from decimal import Decimal

from sqlalchemy import Dialect, Numeric
from sqlalchemy.types import TypeDecorator


class ExactNumeric(TypeDecorator[Decimal]):
    """A decimal with a fixed number of places, exact although SQLite stores a float.

    A float tells decimals of up to 15 digits apart: DBL_DIG of IEEE 754.

    Raises:
        ValueError: when `digits` is more than that.
        sqlite3.DataError: when a value with more digits is written.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, digits: int, places: int) -> None:
        if digits > sys.float_info.dig:
            raise ValueError(f"{digits} digits, and only {sys.float_info.dig} are exact")
        super().__init__(digits, places, asdecimal=False)
        self.digits, self.places = digits, places

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> float | None:
        if value is None:
            return None
        if abs(value) >= 10 ** (self.digits - self.places):
            raise sqlite3.DataError(f"a value has more than {self.digits} digits")
        return float(round(value, self.places))

    def process_result_value(self, value: float | None, dialect: Dialect) -> Decimal | None:
        return Decimal(f"{value:.{self.places}f}") if value is not None else None
