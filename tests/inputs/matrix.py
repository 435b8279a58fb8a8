"""The matrix of files × readers: several scikit-learn versions write models, gradaudit must read the same weights.

    python tests/inputs/matrix.py [VERSION...]

Each version gets a virtual environment of its own below .matrix, in which make_estimators.py writes its files. This
environment then reads them, inertly. At least three versions must have a wheel for this Python.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from gradaudit.inputs.estimator_file import read_inertly
from gradaudit.inputs.estimator_tree import networks
from gradaudit.inputs.perceptron import perceptron

HERE = Path(__file__).parent
PLACE = HERE.parents[1] / ".matrix"
VERSIONS = ("1.2.2", "1.3.2", "1.4.2", "1.5.2", "1.6.1", "1.7.2", "1.8", "1.9")
FEWEST = 3


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


def environment(version: str) -> Path | None:
    """The Python of an environment with this scikit-learn, made where it is missing; None where there is no wheel."""
    folder = PLACE / f"venv-{version}"
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        numpy = "numpy<2" if version < "1.5" else "numpy"
        wanted = [
            f"scikit-learn~={version}.0" if version.count(".") == 1 else f"scikit-learn=={version}",
            numpy,
            "skops",
        ]
        install = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *wanted]
        if subprocess.run([*install, "--disable-pip-version-check"], check=False).returncode:
            return None
        (folder / "ready").touch()
    return python


def main(versions: tuple[str, ...]) -> int:
    """Print one line a version; 1 where something differs or too few versions could be had."""
    ran, faults = 0, []
    for version in versions:
        python = environment(version)
        if python is None:
            print(f"scikit-learn {version}: no wheel for this Python")
            continue
        folder = PLACE / f"files-{version}"
        subprocess.run([str(python), "-W", "ignore", str(HERE / "make_estimators.py"), str(folder)], check=True)
        files = [file for file in sorted(folder.iterdir()) if file.suffix != ".npz"]
        found = [line for file in files for line in differences(file)]
        print(*found, f"scikit-learn {version}: {len(files)} files, {len(found)} differences", sep="\n")
        ran, faults = ran + 1, faults + found
    if ran < min(FEWEST, len(versions)):
        print(f"only {ran} versions could be installed; {FEWEST} are needed")
    return int(bool(faults) or ran < min(FEWEST, len(versions)))


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or VERSIONS))
