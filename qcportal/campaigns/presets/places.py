"""Where things stand in a TOML text: path → line, so that faults can be pointed at.

``tomllib`` parses but forgets the lines. This walks a text that ``tomllib`` has
already accepted, so it looks for the ends of things only and judges nothing.
"""

from __future__ import annotations

from bisect import bisect_right

Path = tuple[str | int, ...]

_BARE_END = set(",]}\n#\r")
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", "f": "\f", "r": "\r", "e": "\x1b"}


def lines(text: str) -> dict[Path, int]:
    """Path of every key, row and value → its line, from 1. Rows count from 0."""
    return _Walk(text).run()


def words(path: Path) -> str:
    """``categories[2].form.sections[1]``: rows counted from 1, as people do."""
    out = ""
    for part in path:
        out += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return out.removeprefix(".")


class _Walk:
    def __init__(self, text: str) -> None:
        self.text, self.at = text.replace("\r\n", "\n"), 0
        self.breaks = [i for i, c in enumerate(self.text) if c == "\n"]
        self.found: dict[Path, int] = {(): 1}
        self.rows: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        prefix: Path = ()
        while self._skip():
            if self.text.startswith("[[", self.at):
                self.at += 2
                keys = self._keys("]")
                path = (*self._resolve(keys[:-1]), keys[-1])
                self._note(path)
                self.rows[path] = self.rows.get(path, -1) + 1
                prefix = (*path, self.rows[path])
                self._note(prefix)
                self.at += 2
            elif self.text[self.at] == "[":
                self.at += 1
                prefix = self._resolve(self._keys("]"))
                self._note(prefix)
                self.at += 1
            else:
                self._pair(prefix)
        return self.found

    def _resolve(self, keys: list[str]) -> Path:
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.rows:
                path = (*path, self.rows[path])
        return path

    def _note(self, path: Path) -> None:
        line = bisect_right(self.breaks, self.at - 1) + 1
        for end in range(len(path), 0, -1):
            if path[:end] in self.found:
                break
            self.found[path[:end]] = line

    def _pair(self, prefix: Path) -> None:
        """``key.key = value``."""
        start = self.at
        path = (*prefix, *self._keys("="))
        after, self.at = self.at + 1, start
        self._note(path)
        self.at = after
        self._skip()
        self._value(path)

    def _skip(self) -> bool:
        """Past blanks, line ends, comments; False at the end of the text."""
        while self.at < len(self.text):
            c = self.text[self.at]
            if c == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif c in " \t\n\r":
                self.at += 1
            else:
                return True
        return False

    def _keys(self, end: str) -> list[str]:
        """A dotted key up to ``end``, which is left standing."""
        keys: list[str] = []
        while True:
            self._skip()
            c = self.text[self.at]
            if c == end:
                return keys
            if c == ".":
                self.at += 1
            elif c in "\"'":
                keys.append(self._string())
            else:
                start = self.at
                while self.text[self.at] not in f" \t.{end}":
                    self.at += 1
                keys.append(self.text[start : self.at])

    def _string(self) -> str:
        """A one-line string; the text between its marks, escapes resolved."""
        mark = self.text[self.at]
        self.at += 1
        out = []
        while self.text[self.at] != mark:
            c = self.text[self.at]
            if c == "\\" and mark == '"':
                c = self._escape()
            out.append(c)
            self.at += 1
        self.at += 1
        return "".join(out)

    def _escape(self) -> str:
        self.at += 1
        c = self.text[self.at]
        width = {"u": 4, "U": 8, "x": 2}.get(c, 0)
        if not width:
            return _ESCAPES.get(c, c)
        code = self.text[self.at + 1 : self.at + 1 + width]
        self.at += width
        return chr(int(code, 16))

    def _value(self, path: Path) -> None:
        c = self.text[self.at]
        mark = self.text[self.at : self.at + 3]
        if mark in {'"""', "'''"}:
            self._long_string(mark)
        elif c in "\"'":
            self._string()
        elif c == "[":
            self._array(path)
        elif c == "{":
            self._inline(path)
        else:
            while self.at < len(self.text) and self.text[self.at] not in _BARE_END:
                self.at += 1

    def _long_string(self, mark: str) -> None:
        self.at += 3
        while not self.text.startswith(mark, self.at):
            self.at += 2 if self.text[self.at] == "\\" and mark[0] == '"' else 1
        self.at += 3
        while self.text.startswith(mark[0], self.at):  # up to two marks may be text
            self.at += 1

    def _array(self, path: Path) -> None:
        self.at += 1
        row = 0
        while self._skip() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._note((*path, row))
            self._value((*path, row))
            row += 1
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while self._skip() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
            else:
                self._pair(path)
        self.at += 1
