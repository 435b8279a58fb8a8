"""The header that NumPy writes before an array in a .npy file, read without trust."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np

MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    r"\{'descr': '([<>|=]?(?:f[248]|[iu][1248]|b1|[US]\d{1,6}))', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,10},? ?){0,4})\), ?\} *\n?"
)


@lru_cache(maxsize=64)  # a loss curve is hundreds of files of one number each
def parse(text: str) -> tuple[np.dtype[Any], bool, tuple[int, ...]] | None:
    """Type, column order and shape of an array of numbers or text; None where it says anything else."""
    match = _HEADER.fullmatch(text)
    if match is None:
        return None
    return np.dtype(match[1]), match[2] == "True", tuple(int(side) for side in re.findall(r"\d+", match[3]))
