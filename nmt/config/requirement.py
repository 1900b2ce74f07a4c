"""`requires: nmt >= 0.4`: the version of nmt that a config was written for."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from nmt.config.messages import show

FORM = r"^nmt *>= *[0-9]{1,6}(\.[0-9]{1,6})*$"


def _checked(requirement: str) -> str:
    if not re.fullmatch(FORM, requirement):
        raise ValueError(f"expected nmt >= VERSION (got {show(requirement)})")
    return requirement


Requirement = Annotated[str, AfterValidator(_checked), WithJsonSchema({"type": "string", "pattern": FORM})]


def unmet(requirement: object, version: str) -> bool:
    """Whether `version`, as `0.3.1`, is older than the requirement asks for; no, if that has another form."""
    if not isinstance(requirement, str) or not re.fullmatch(FORM, requirement):
        return False
    return _numbers(version) < _numbers(requirement.split(">=")[1])


def _numbers(version: str) -> list[int]:
    """Without the zeros at its end: 0.4.0 is 0.4."""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers
