import subprocess
import sys
from pathlib import Path

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, IntegerPrimaryKey
"""
ALPHA = f"""
{MODELS}
class Alpha(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "alpha"

    betas: Mapped[list["Beta"]] = relationship(back_populates="alpha", init=False, lazy="raise")
"""
BETA = f"""
{MODELS}
from app.alpha.models import Alpha

class Beta(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "beta"

    alpha_id: Mapped[int] = mapped_column(ForeignKey("alpha.id"), index=True)
    alpha: Mapped[Alpha] = relationship(back_populates="betas", init=False, lazy="raise")
"""
# Only this feature is imported, as in a script.
SCRIPT = """
import sys
import app

app.__path__.append(sys.argv[1])

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from app.alpha.models import Alpha

assert "app.beta.models" not in sys.modules
print(select(Alpha).options(selectinload(Alpha.betas)))
print(Alpha().betas)
"""


def test_a_relationship_finds_a_model_of_a_feature_that_nobody_has_imported(tmp_path: Path) -> None:
    for name, code in (("alpha", ALPHA), ("beta", BETA)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "models.py").write_text(code)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"
