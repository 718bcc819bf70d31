"""Write PROTOCOL.md, or check that it is what the code says: `python -m hallserver.cli_document`.

Beside the protocol, not in it: a pure room touches no files.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hallserver.protocol.document import protocol_document

PROTOCOL_FILE = Path("PROTOCOL.md")


def main(argv: Sequence[str] | None = None) -> int:
    """Run; returns the exit code, 1 when `--check` finds another text than the code's."""
    parser = argparse.ArgumentParser(prog="python -m hallserver.cli_document")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    parser.add_argument("--file", type=Path, default=PROTOCOL_FILE, metavar="FILE")
    arguments = parser.parse_args(argv)
    text = protocol_document()
    if not arguments.check:
        arguments.file.write_text(text, encoding="utf-8")
        return 0
    written = arguments.file.read_text("utf-8") if arguments.file.exists() else ""
    if written == text:
        return 0
    sys.stderr.write(
        f"{arguments.file} is not what hallserver/protocol says; "
        "run: python -m hallserver.cli_document\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
