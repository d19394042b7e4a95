"""The design of most tutorials: pre-ping, commit and refresh, entities, request-scoped session."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query
from sqlalchemy import BigInteger, DateTime, Numeric, String, Text, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.baselines.common import (
    MAX_OVERFLOW,
    POOL_SIZE,
    PREFIX,
    ProductCreate,
    ProductPage,
    ProductRead,
    page,
)

engine = create_async_engine(
    make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg"),
    pool_pre_ping=True,
    pool_size=POOL_SIZE,
    max_overflow=MAX_OVERFLOW,
)
session_factory = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "product"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    description: Mapped[str | None] = mapped_column(Text)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )


async def get_session() -> AsyncIterator[AsyncSession]:
    async with session_factory() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]
app = FastAPI()


@app.get(PREFIX, response_model=ProductPage)
async def list_products(session: Session, limit: Annotated[int, Query(ge=1, le=100)] = 50) -> Any:
    statement = select(Product).order_by(Product.id).limit(limit + 1)
    return page(list((await session.scalars(statement)).all()), limit)


@app.get(PREFIX + "/{product_id}", response_model=ProductRead)
async def get_product(product_id: int, session: Session) -> Any:
    product = await session.get(Product, product_id)
    if product is None:
        raise HTTPException(404)
    return product


@app.post(PREFIX, response_model=ProductRead, status_code=201)
async def create_product(values: ProductCreate, session: Session) -> Any:
    product = Product(**values.model_dump())
    session.add(product)
    await session.commit()
    await session.refresh(product)
    return product
