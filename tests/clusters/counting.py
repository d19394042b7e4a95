"""Routes of a feature that change one row, with and without another attempt after a conflict."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import CurrentSessionTransaction
from app.core.http.fields import PathId
from app.core.http.routing import FeatureRouter
from app.core.retry import run_transaction
from app.product.crud import product_crud

router = FeatureRouter(prefix="/counting", tag="counting", description="Counts in a row.")


async def add_one(session: AsyncSession, product_id: int) -> None:
    product = await product_crud.get_for_update(session, product_id)
    product.price += 1
    await session.flush()


@router.post("/once/{product_id}", status_code=204)
async def count_once(product_id: PathId, session: CurrentSessionTransaction) -> None:
    """Add one; a conflict is a 503."""
    await add_one(session, product_id)


@router.post("/again/{product_id}", status_code=204)
async def count_again(product_id: PathId) -> None:
    """Add one; a conflict is another attempt."""
    await run_transaction(lambda session: add_one(session, product_id))
