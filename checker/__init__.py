"""A checker for what deep-learning theory papers claim.

``from checker import check`` gives the command as a function: ``check("claims/lexmaxmargin.yaml")`` returns the results
that the report is written from.  Importing the package loads nothing heavy.
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of `typing`, without its import
if TYPE_CHECKING:
    from typing import Any

    from checker.api import check as check
    from checker.verdict import Verdict as Verdict

__all__ = ["Verdict", "check"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the public names when they are first asked for (PEP 562)."""
    if name == "check":
        from checker.api import check

        return check
    if name == "Verdict":
        from checker.verdict import Verdict

        return Verdict
    raise AttributeError(f"module 'checker' has no attribute {name!r}")
