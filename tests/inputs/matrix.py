"""The matrix of files × readers: versions of scikit-learn and Keras write models, which are read as theirs.

    python tests/inputs/matrix.py [LIBRARY|VERSION...]

Each version gets a virtual environment of its own below .matrix, made by the newest Python that is found and that it
has a wheel for, in which make_estimators.py and its like write files. This environment then reads them: scikit-learn's
weights bit for bit, Keras's outputs to 1e-5. At least three versions must have a wheel for some Python here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from gradaudit.errors import GradauditError
from gradaudit.inputs import read
from gradaudit.inputs.sklearn_model.file import read_inertly
from gradaudit.inputs.sklearn_model.perceptron import perceptron
from gradaudit.inputs.sklearn_model.tree import networks
from tests.inputs.computing import computed, said

HERE = Path(__file__).parent
PLACE = HERE.parents[1] / ".matrix"
FEWEST, FAR = 3, 1e-5


@dataclass(frozen=True)
class Release:
    """A version of a library, the minor versions of Python 3 that it has wheels for, and what it needs beside."""

    library: str
    version: str
    oldest: int
    newest: int
    needs: tuple[str, ...] = ()


RELEASES = (
    Release("scikit-learn", "0.18.2", 6, 6, ("numpy<1.20", "scipy<1.3")),
    Release("scikit-learn", "0.20.4", 6, 7, ("numpy", "scipy")),
    Release("scikit-learn", "0.21.3", 6, 7),
    Release("scikit-learn", "0.22.2.post1", 6, 8, ("numpy<1.24", "scipy<1.6")),
    Release("scikit-learn", "0.24.2", 6, 9, ("numpy<1.24",)),
    Release("scikit-learn", "1.0.2", 7, 10, ("numpy<1.24",)),
    Release("scikit-learn", "1.2.2", 8, 11, ("numpy<2", "skops")),
    Release("scikit-learn", "1.3.2", 8, 12, ("numpy<2", "skops")),
    Release("scikit-learn", "1.5.2", 9, 13, ("skops",)),
    Release("scikit-learn", "1.6.1", 9, 13, ("skops",)),
    Release("scikit-learn", "1.7.2", 10, 14, ("skops",)),
    Release("scikit-learn", "1.9.1", 11, 14, ("skops",)),
    Release("keras", "2.15.0", 9, 11, ("tensorflow-cpu==2.15.1", "joblib")),
    Release("keras", "3.15.1", 11, 13, ("jax", "joblib")),
)


def other_outputs(file: Path) -> Iterator[str]:
    """Where the model in the file computes something else than the library said beside it, or cannot be read."""
    try:
        (spec,) = read(str(file))
        X, expected = said(file)
        far = np.abs(computed(spec, X) - expected).max() if spec.weights else 0  # a configuration alone has none
    except (GradauditError, ValueError) as error:
        yield f"{file}: {error}"
        return
    if not far <= FAR or (spec.weights is None) != (file.suffix == ".json"):
        yield f"{file}: its outputs are {far:.1e} away"


def other_arrays(file: Path) -> Iterator[str]:
    """What a reading of the file misses or has otherwise than the arrays beside it; nothing where all is equal."""
    tree = read_inertly(str(file))
    found = {each.path: perceptron(each.thing).fitted for each in networks(tree)}
    arrays = {
        f"{path}/{kind}{k}": array
        for path, fitted in found.items()
        if fitted
        for kind, those in (("coefs_", fitted.coefs), ("intercepts_", fitted.intercepts))
        for k, array in enumerate(those)
    }
    with np.load(file.parent / f"{file.name.split('.')[0]}.npz") as written:
        expected = dict(written)
    if (None in found.values()) == bool(expected):
        yield f"{file}: networks that are fitted, and that are not: {found}"
    if list(arrays) != list(expected):
        yield f"{file}: {list(arrays)} instead of {list(expected)}"
    for name, array in expected.items():
        if name in arrays and (array.dtype != arrays[name].dtype or array.tobytes() != arrays[name].tobytes()):
            yield f"{file}: {name} has other values"


WRITERS = {
    "scikit-learn": (HERE / "make_estimators.py", other_arrays),
    "keras": (HERE / "keras" / "make_files.py", other_outputs),
}
"""Library → what writes its files, and what finds faults in how one is read."""


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
    """The Python of an environment with this release, made where it is missing; None where there is no wheel."""
    folder = PLACE / f"venv-{release.library}-{release.version}"
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not (folder / "ready").exists():
        maker = interpreter(release)
        if maker is None:
            return None
        subprocess.run([maker, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        wanted = [f"{release.library}=={release.version}", *release.needs]
        if subprocess.run([*install, *wanted], check=False).returncode:
            return None
        (folder / "ready").touch()
    return python


def main(releases: tuple[Release, ...]) -> int:
    """Print one line a version; 1 where something differs or too few versions could be had."""
    ran, faults = 0, []
    for release in releases:
        python, name = environment(release), f"{release.library} {release.version}"
        if python is None:
            print(f"{name}: no wheel for a Python that is here")
            continue
        folder = PLACE / f"files-{release.library}-{release.version}"
        script, differences = WRITERS[release.library]
        writing = [str(python), "-W", "ignore", str(script), str(folder)]
        settings = {**os.environ, "KERAS_BACKEND": "jax" if "jax" in release.needs else "tensorflow"}
        wrote = subprocess.run(writing, stderr=subprocess.PIPE, text=True, check=False, env=settings)
        if wrote.returncode:  # old versions warn without end: the last line is the fault
            faults.append(f"{name}: {(wrote.stderr.splitlines() or ['it wrote nothing'])[-1]}")
        files = [file for file in sorted(folder.iterdir()) if file.suffix not in (".npz", ".pt")]
        faults += [line for file in files for line in differences(file)]
        print(f"{name}: {len(files)} files", flush=True)
        ran += 1
    print(f"{len(faults)} differences", *faults, sep="\n")
    if ran < min(FEWEST, len(releases)):
        print(f"only {ran} versions could be installed; {FEWEST} are needed")
    return int(bool(faults) or ran < min(FEWEST, len(releases)))


if __name__ == "__main__":
    sys.exit(main(tuple(each for each in RELEASES if {each.library, each.version} & {*sys.argv[1:]}) or RELEASES))
