"""Dataclasses whose fields are checked as they come in from outside, by pydantic's core without the rest of pydantic.

The checks and their messages are pydantic's. Left out is what turns annotations into checks: importing that and building
five models with it costs every start 50 ms (``benchmarks/start.py``), so here each field names its check itself.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Generic, TypeVar

from pydantic_core import SchemaValidator, core_schema

_Value = TypeVar("_Value")


class Checker(Generic[_Value]):
    """Makes one kind of dataclass from what was given, or says what is wrong with every field of it."""

    def __init__(self, kind: type[_Value]) -> None:
        """Take a dataclass whose fields are written like ``port: Annotated[int, int_schema(ge=0)]``.

        A field with a default may be left out; one that the dataclass does not know is passed over.
        """
        self._kind = kind
        asked = {each.name: _asked(each) for each in fields(kind)}  # type: ignore[arg-type]
        self._validator = SchemaValidator(core_schema.typed_dict_schema(asked, extra_behavior="ignore"))

    def read(self, given: object) -> _Value:
        """Return the value.

        Raises:
            ValidationError: of ``pydantic_core``, with every fault.
        """
        found: Mapping[str, Any] = self._validator.validate_python(given)
        return self._kind(**found)


def _asked(each: "Field[Any]") -> core_schema.TypedDictField:
    check, *_ = each.type.__metadata__  # type: ignore[union-attr]
    return core_schema.typed_dict_field(check, required=each.default is MISSING)
