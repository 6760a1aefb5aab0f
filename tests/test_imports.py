"""
Who may import whom: every import between rooms is checked against the table of the architecture.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import owncastd

PACKAGE = Path(owncastd.__file__).parent

CORE = {"broadcast", "settings", "identity"}
VALUES = {"media", "interfaces"}
#: The seam to where blocking work goes: for every room.
ANYWHERE = {"threads"}
#: room -> the other rooms it may import. C{service} alone sees the whole house.
ALLOWED: dict[str, set[str]] = {
    "media": set(),
    "interfaces": {"media"},
    "database": set(),
    "net": set(),
    "options": set(),
    "threads": set(),
    # Small tools and steps around the service, each with what it needs of the house.
    "startup": {"options", "database", "settings", "identity", "net", "notify"},
    "storing": {"settings", "storage"},
    "demo": {"options", "settings", "identity", "transcoder"},
    "broadcast": VALUES | {"database"},
    "settings": VALUES | {"database", "patterns"},
    "identity": VALUES | {"database"},
    "rtmp": VALUES | {"net"},
    "transcoder": VALUES | {"net"},
    "hls": VALUES | {"net"},
    "storage": VALUES | {"net"},
    # What viewers see while the encoder is away.
    "slate": VALUES,
    "web": VALUES | CORE | {"net"},
    # Patterns that strangers' texts are held against, in bounded time.
    "patterns": set(),
    "logs": set(),
    "metrics": VALUES | CORE | {"database", "net"},
    # Its resources share the site's guards, bodies and answers.
    "chat": VALUES | CORE | {"database", "net", "patterns", "web"},
    # What the world is told, and who proves to be somebody elsewhere.
    "federation": VALUES | CORE | {"database", "net", "web"},
    "notify": VALUES | CORE | {"database", "net", "web"},
    "login": VALUES | CORE | {"database", "net", "web"},
    # The administrator's API: shares the site's guards, bodies and answers.
    "admin": VALUES | CORE | {"net", "logs", "metrics", "web", "chat"},
    # Reads another server's database into the tables of every room.
    "importing": VALUES | CORE | {"database"},
}

#: What of the site other rooms share: guards, bodies, answers and pictures, but not its pages.
SHARED_BY_WEB = {
    "answers",
    "auth",
    "body",
    "errors",
    "headers",
    "origins",
    "picture_answers",
    "pictures",
    "routes",
}
#: What the administrator changes of the site, and documents that both show.
SHARED_WITH_ADMIN = SHARED_BY_WEB | {"documents", "logo", "offline_image", "variants"}


def room_of(module: str) -> str:
    """
    The room a dotted module name belongs to: its first part below the package.
    """
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports_of(path: Path, package: str) -> Iterator[tuple[int, str]]:
    """
    Line number and absolute name of every import of ours in one module.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, base] if base else parts)
            if base == "owncastd":
                for alias in node.names:
                    yield node.lineno, f"owncastd.{alias.name}"
            else:
                yield node.lineno, base


def crossings(package_dir: Path) -> list[str]:
    """
    Every import that crosses a wall, as C{file:line: room imports room}.
    """
    found = []
    for path in sorted(package_dir.rglob("*.py")):
        relative = path.relative_to(package_dir)
        room = relative.parts[0].removesuffix(".py")
        if room in ("service", "__init__", "__main__") or "node_modules" in relative.parts:
            continue
        package = ".".join(["owncastd", *relative.parts[:-1]])
        for line, name in imports_of(path, package):
            if not name.startswith("owncastd."):
                continue
            other = room_of(name)
            if other in (room, "__version__"):
                continue
            if room not in ALLOWED:
                found.append(f"{relative}:{line}: {room} is not in the table")
            elif other not in ALLOWED[room] | ANYWHERE:
                found.append(f"{relative}:{line}: {room} imports {other}")
            elif other == "web" and name.split(".")[2] not in (
                SHARED_WITH_ADMIN if room == "admin" else SHARED_BY_WEB
            ):
                found.append(f"{relative}:{line}: {room} imports {name}")
    return found


class ImportRulesTests(SynchronousTestCase):
    """
    The walls of the house stand.
    """

    def test_no_room_imports_across_a_wall(self) -> None:
        """
        Every import between rooms is in the table.
        """
        self.assertEqual(crossings(PACKAGE), [])

    def test_a_crossing_is_named(self) -> None:
        """
        The check itself can fail, for absolute and relative imports, and names file and line.
        """
        root = Path(self.mktemp())
        (root / "rtmp").mkdir(parents=True)
        (root / "rtmp" / "bad.py").write_text(
            "import os\nfrom owncastd.broadcast import session\nfrom ..hls import window\n"
        )
        self.assertEqual(
            crossings(root),
            ["rtmp/bad.py:2: rtmp imports broadcast", "rtmp/bad.py:3: rtmp imports hls"],
        )

    def test_the_site_shares_no_pages(self) -> None:
        """
        Rooms that share the site's tools may not reach for the rest of it.
        """
        root = Path(self.mktemp())
        (root / "chat").mkdir(parents=True)
        (root / "chat" / "bad.py").write_text(
            "from owncastd.web.body import read_as\nfrom owncastd.web.page import IndexPage\n"
        )
        self.assertEqual(crossings(root), ["chat/bad.py:2: chat imports owncastd.web.page"])
