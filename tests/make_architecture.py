"""Write what .github/ARCHITECTURE.md says of the rooms, from their docstrings and the imports.

    python tests/make_architecture.py

test_architecture.py holds the page against the same two functions.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.test_architecture import KNOWS, PACKAGE, arrows, room_of  # noqa: E402 - needs the checkout on its path

PAGE = ROOT / ".github" / "ARCHITECTURE.md"


def known_rooms(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Each room with those that its files import."""
    found: dict[str, set[str]] = {}
    for file, targets in arrows(package).items():
        room = room_of(file)
        found.setdefault(room, set()).update({room_of(target) for target in targets} - {room})
    return found


def diagram(rooms: dict[str, set[str]]) -> str:
    """The rooms as a Mermaid graph; an arrow that a longer way says already is left out."""

    def reached(room: str) -> set[str]:
        return rooms[room] | {far for near in rooms[room] for far in reached(near)}

    lines = []
    for room in sorted(rooms, key=list(KNOWS).index, reverse=True):
        implied = {far for near in rooms[room] for far in reached(near)}
        lines += [f"    {_node(room)} --> {_node(known)}" for known in sorted(rooms[room] - implied)]
    return "\n".join(["```mermaid", "graph TD", *lines, "```"])


def _node(room: str) -> str:
    """Without the underscores, which Mermaid and Markdown take for something else."""
    return room.strip("_")


def table(package: Path = PACKAGE) -> str:
    """What each room holds and may know, from top to bottom."""
    rows = [
        f"| `{_file(room, package)}` | {_holds(room, package)} | {', '.join(map(_node, known.split()))} |"
        for room, known in reversed(KNOWS.items())
    ]
    return "\n".join(["| room | what it holds | what it may know |", "|---|---|---|", *rows])


def _file(room: str, package: Path) -> str:
    return f"{room}/" if (package / room).is_dir() else f"{room}.py"


def _holds(room: str, package: Path) -> str:
    """The first line of the room's docstring."""
    file = package / room / "__init__.py" if (package / room).is_dir() else package / f"{room}.py"
    return (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").partition("\n")[0]


def filled(page: str) -> str:
    """The page with both put between their marks."""
    for name, text in (("diagram", diagram(known_rooms())), ("table", table())):
        before, begin, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->\n")
        page = f"{before}{begin}{text}\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), "utf-8")
