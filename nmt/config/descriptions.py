"""What the docstrings under the fields of a config say.

Pydantic reads them too, but at every import, which made every command start a third of a second later.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise

from nmt.config.component import Section


@cache
def descriptions(section: type[Section]) -> dict[str, str]:
    """The docstring under each field that has one, inherited fields included."""
    found: dict[str, str] = {}
    for parent in reversed(section.__mro__):
        if issubclass(parent, Section):
            found |= _written(parent)
    return found


def _written(section: type[Section]) -> dict[str, str]:
    """The docstrings in the source of this class; none where it was made without one (`nmt.config.component`)."""
    try:
        source = inspect.getsource(section)
    except (OSError, TypeError):
        return {}
    (parsed,) = ast.parse(textwrap.dedent(source)).body
    assert isinstance(parsed, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(parsed.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }
