"""Packages with plug-ins, as an installer leaves them in a folder of packages."""

import importlib
from pathlib import Path


def install_package(
    folder: Path, module: str, code: str, *, version: str = "1.2", **groups: str
) -> Path:
    """Put a package of one module into the folder: its code, its entry points by kind."""
    info = folder / f"{module}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: {version}")
    lines = [f"[modeldex.{kind}]\n{points}\n" for kind, points in groups.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))
    (folder / f"{module}.py").write_text(code)
    importlib.invalidate_caches()
    return folder
