"""The bundled APIs' handler files, loaded exactly like a user's."""

from pathlib import Path


def bundled_handlers(name: str) -> Path | None:
    """The bundled handler file for documents of this name; None if there is none."""
    file = Path(__file__).parent / f"{name}.py"
    return file if name.isidentifier() and name != "__init__" and file.is_file() else None
