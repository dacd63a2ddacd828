"""Arrow arrays whose types were learned while rows went by, in the type that fits all of them.

The same as the server does where it holds the rows itself: missing fields are empty, whole numbers become floats where
there are others, and where there are texts, anything else becomes JSON text.
"""

import json
from typing import Any


def conformed(array: Any, wanted: Any) -> Any:
    """The array in a type that was learned from it and from others."""
    import pyarrow as pa  # type: ignore[import-untyped]  # has no stubs
    import pyarrow.types as kinds  # type: ignore[import-untyped]  # has no stubs

    own = array.type
    if own == wanted:
        return array
    if kinds.is_null(own):
        return pa.nulls(len(array), wanted)
    if kinds.is_floating(wanted):
        return array.cast(wanted, safe=False)  # what floats cannot tell apart is rounded, as Python does it
    if kinds.is_struct(own) and kinds.is_struct(wanted):
        there = {field.name: part for field, part in zip(own, _fields(array), strict=True)}
        parts = [
            conformed(there[field.name], field.type) if field.name in there else pa.nulls(len(array), field.type)
            for field in wanted
        ]
        if not parts:
            return array.cast(wanted)
        return pa.StructArray.from_arrays(parts, fields=list(wanted), mask=array.is_null())
    if kinds.is_list(own) and kinds.is_list(wanted):
        items = conformed(array.values, wanted.value_type)
        return pa.ListArray.from_arrays(array.offsets, items, type=wanted, mask=array.is_null())
    return pa.array([None if cell is None else json_text(without_nulls(cell)) for cell in array.to_pylist()], wanted)


def looks_alike(own: Any, wanted: Any, *, in_list: bool = False) -> bool:
    """Whether an array of the one type, conformed to the other, has the same cells: fields came that it has not."""
    import pyarrow.types as kinds

    if own == wanted:
        return True
    if kinds.is_null(own):
        return not in_list  # lists of nothing may turn out as vectors, which are no lists
    if kinds.is_struct(own) and kinds.is_struct(wanted):
        types = {field.name: field.type for field in wanted}
        return all(looks_alike(field.type, types[field.name]) for field in own)
    if kinds.is_list(own) and kinds.is_list(wanted):
        return looks_alike(own.value_type, wanted.value_type, in_list=True)
    return False


def _fields(array: Any) -> list[Any]:
    return [array.field(place) for place in range(array.type.num_fields)]


def without_nulls(cell: Any) -> Any:
    """Objects without the empty fields that Arrow gave them."""
    if isinstance(cell, dict):
        return {key: without_nulls(value) for key, value in cell.items() if value is not None}
    if isinstance(cell, list):
        return [without_nulls(item) for item in cell]
    return cell


def json_text(value: Any) -> str:
    """The value as JSON, to the byte as the server (orjson) writes it."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(key)}:{json_text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and "e-" in text:
        digits, _, exponent = text.partition("e-")
        if exponent != "05":
            return f"{digits}e-{int(exponent)}"
        sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
        return f"{sign}0.0000{digits.replace('.', '')}"
    return text
