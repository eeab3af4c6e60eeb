"""Byte code and the archive: the same input gives the same bytes."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
MODE = 0o100644 << 16  # a plain file that everybody may read
# `unchecked-hash`: the file's time is not compared, which a zip rounds to two seconds and a deployment changes.
COMPILE = (
    "import compileall, py_compile, sys; sys.exit(not compileall.compile_dir(sys.argv[1], quiet=2, force=True, "
    "workers=1, stripdir=sys.argv[1], invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH))"
)


def find_python(version: str) -> str | None:
    """Return a Python of this minor version that really runs, or None; pyenv puts shims of others on the path.

    Args:
        version: Such as 3.13.
    """
    candidates = [sys.executable, shutil.which(f"python{version}"), shutil.which("python3"), pyenv_python(version)]
    return next((found for found in candidates if found and version_of(found) == version), None)


def pyenv_python(version: str) -> str | None:
    """Return pyenv's Python of a version, where there is pyenv and it has one."""
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return None
    done = subprocess.run([pyenv, "prefix", version], capture_output=True, text=True)
    return f"{done.stdout.strip()}/bin/python{version}" if done.returncode == 0 else None


def version_of(python: str) -> str | None:
    """Return the minor version that an interpreter says it is of; None where it does not run."""
    try:
        done = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def compile_all(folder: Path, *, python: str) -> None:
    """Compile every module, so that a cold start does not. A module that is none (a template) is left as it is.

    Args:
        folder: The package.
        python: An interpreter of the version that will run it.
    """
    # -E: the byte code belongs beside the modules, wherever the environment keeps that of others.
    subprocess.run([python, "-E", "-c", COMPILE, str(folder)], capture_output=True, check=False)


def files_in(folder: Path) -> Iterator[Path]:
    """Yield every file of a folder in one order on every machine."""
    yield from sorted(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.relative_to(folder).as_posix()
    )


def write_zip(folder: Path, archive: Path) -> None:
    """Pack a folder; equal folders give equal archives."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in files_in(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), FIRST_MOMENT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, MODE
            packed.writestr(entry, path.read_bytes(), compresslevel=9)
