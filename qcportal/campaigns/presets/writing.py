"""Plain data as TOML that people can read: rows of settings under headings, fields and
criteria one a line, long texts as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

# Lists of tables that are written one row a line inside brackets.
ROW_LISTS = {"fields", "criteria", "choices", "columns", "conditions"}
LINE = 88


def toml(raw: Mapping[str, Any]) -> str:
    """The text; ``tomllib.loads`` of it gives ``raw`` again."""
    return "\n".join(_table(raw, "")).lstrip("\n") + "\n"


def _table(raw: Mapping[str, Any], path: str) -> Iterator[str]:
    tables = []
    for key, value in raw.items():
        if _has_heading(key, value):
            tables.append((key, value))
        else:
            yield f"{_key(key)} = {_value(key, value)}"
    for key, value in tables:
        name = f"{path}.{_key(key)}".removeprefix(".")
        if isinstance(value, dict):
            yield from ("", f"[{name}]")
            yield from _table(value, name)
            continue
        for row in value:
            yield from ("", f"[[{name}]]")
            yield from _table(row, name)


def _has_heading(key: str, value: Any) -> bool:
    if isinstance(value, dict):
        return True
    rows = isinstance(value, list) and bool(value)
    return rows and key not in ROW_LISTS and all(isinstance(v, dict) for v in value)


def _key(key: str) -> str:
    plain = key and all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    return key if plain else _text(key)


def _value(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _long_text(value) if "\n" in value else _text(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return _list(key, value)
    if isinstance(value, dict):
        return _inline(value)
    return str(value)


def _text(value: str) -> str:
    # A JSON string is a TOML string, but for this one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _long_text(value: str) -> str:
    body = "\n".join(_text(line)[1:-1] for line in value.split("\n"))
    return f'"""\n{body}"""'


def _list(key: str, value: list[Any]) -> str:
    if not value:
        return "[]"
    items = [_inline(v) if isinstance(v, dict) else _value("", v) for v in value]
    one_line = f"[{', '.join(items)}]"
    if key not in ROW_LISTS and len(key) + len(one_line) < LINE:
        return one_line
    return "[\n" + "".join(f"  {item},\n" for item in items) + "]"


def _inline(value: Mapping[str, Any]) -> str:
    pairs = []
    for key, item in value.items():
        said = _text(item) if isinstance(item, str) else _value(key, item)
        pairs.append(f"{_key(key)} = {said}")
    return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
