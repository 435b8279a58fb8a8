"""The matrix of files × readers: several scikit-learn versions write models, gradaudit must read the same weights.

    python tests/inputs/matrix.py [VERSION...]

Each version gets a virtual environment of its own below .matrix, made by the newest Python that is found and that it
has a wheel for, in which make_estimators.py writes its files. This environment then reads them, inertly. At least
three versions must have a wheel for some Python here; make_estimators.py itself says what older ones cannot make.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from gradaudit.inputs.estimator_file import read_inertly
from gradaudit.inputs.estimator_tree import networks
from gradaudit.inputs.perceptron import perceptron

HERE = Path(__file__).parent
PLACE = HERE.parents[1] / ".matrix"
FEWEST = 3


@dataclass(frozen=True)
class Release:
    """A version of scikit-learn, the minor versions of Python 3 that it has wheels for, and what it needs beside."""

    version: str
    oldest: int
    newest: int
    needs: tuple[str, ...] = ()


RELEASES = (
    Release("0.18.2", 6, 6, ("numpy<1.20", "scipy<1.3")),
    Release("0.20.4", 6, 7, ("numpy", "scipy")),
    Release("0.21.3", 6, 7),
    Release("0.22.2.post1", 6, 8, ("numpy<1.24", "scipy<1.6")),
    Release("0.24.2", 6, 9, ("numpy<1.24",)),
    Release("1.0.2", 7, 10, ("numpy<1.24",)),
    Release("1.2.2", 8, 11, ("numpy<2", "skops")),
    Release("1.3.2", 8, 12, ("numpy<2", "skops")),
    Release("1.5.2", 9, 13, ("skops",)),
    Release("1.6.1", 9, 13, ("skops",)),
    Release("1.7.2", 10, 14, ("skops",)),
    Release("1.9.1", 11, 14, ("skops",)),
)


def differences(file: Path) -> Iterator[str]:
    """What a reading of the file misses or has otherwise than the arrays beside it; nothing where all is equal."""
    tree = read_inertly(str(file))
    found = {each.path: perceptron(each.thing).fitted for each in networks(tree)}
    read = {
        f"{path}/{kind}{k}": array
        for path, fitted in found.items()
        if fitted
        for kind, arrays in (("coefs_", fitted.coefs), ("intercepts_", fitted.intercepts))
        for k, array in enumerate(arrays)
    }
    with np.load(file.parent / f"{file.name.split('.')[0]}.npz") as written:
        expected = dict(written)
    if (None in found.values()) == bool(expected):
        yield f"{file}: networks that are fitted, and that are not: {found}"
    if list(read) != list(expected):
        yield f"{file}: {list(read)} instead of {list(expected)}"
    for name, array in expected.items():
        if name in read and (array.dtype != read[name].dtype or array.tobytes() != read[name].tobytes()):
            yield f"{file}: {name} has other values"


def interpreter(release: Release) -> str | None:
    """The newest Python that the release has a wheel for: this one, one on the PATH, or one of pyenv's."""
    for minor in range(release.newest, release.oldest - 1, -1):
        pyenv = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        if sys.version_info[:2] == (3, minor):
            return sys.executable
        if pyenv:  # whose shims on the PATH do nothing by themselves
            return str(pyenv[-1])
        if found := shutil.which(f"python3.{minor}"):
            return found
    return None


def environment(release: Release) -> Path | None:
    """The Python of an environment with this scikit-learn, made where it is missing; None where there is no wheel."""
    folder = PLACE / f"venv-{release.version}"
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not (folder / "ready").exists():
        maker = interpreter(release)
        if maker is None:
            return None
        subprocess.run([maker, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        wanted = [f"scikit-learn=={release.version}", *release.needs]
        if subprocess.run([*install, *wanted], check=False).returncode:
            return None
        (folder / "ready").touch()
    return python


def main(releases: tuple[Release, ...]) -> int:
    """Print one line a version; 1 where something differs or too few versions could be had."""
    ran, faults = 0, []
    for release in releases:
        python = environment(release)
        if python is None:
            print(f"scikit-learn {release.version}: no wheel for a Python that is here")
            continue
        folder = PLACE / f"files-{release.version}"
        writing = [str(python), "-W", "ignore", str(HERE / "make_estimators.py"), str(folder)]
        wrote = subprocess.run(writing, stderr=subprocess.PIPE, text=True, check=False)  # old versions warn without end
        faults += [f"{release.version}: {wrote.stderr.splitlines()[-1]}"] * bool(wrote.returncode)
        files = [file for file in sorted(folder.iterdir()) if file.suffix != ".npz"]
        faults += [line for file in files for line in differences(file)]
        print(f"scikit-learn {release.version}: {len(files)} files", flush=True)
        ran += 1
    print(f"{len(faults)} differences", *faults, sep="\n")
    if ran < min(FEWEST, len(releases)):
        print(f"only {ran} versions could be installed; {FEWEST} are needed")
    return int(bool(faults) or ran < min(FEWEST, len(releases)))


if __name__ == "__main__":
    sys.exit(main(tuple(each for each in RELEASES if each.version in sys.argv[1:]) or RELEASES))
