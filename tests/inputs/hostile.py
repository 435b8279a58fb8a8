"""Model files that would harm, or exhaust, whatever loads them in good faith; here they would leave a file CANARY."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

CANARY = "canary"
COMMAND = f"touch {CANARY}"
LARGE = 16 << 20
"""Bytes that a bomb unpacks to; 9 times that is more than is ever read."""
MANY = 300_000
"""Opcodes, enough to nest objects deeper than C's stack; four times as many are more than are ever paid for."""


class Reduced:
    """Pickled as a call of any function with any arguments."""

    def __init__(self, function: Any, *arguments: Any, state: Any = None) -> None:
        self.parts = (function, arguments, state)

    def __reduce__(self) -> Any:
        function, arguments, state = self.parts
        return (function, arguments) if state is None else (function, arguments, state)


def calls() -> Iterator[tuple[str, bytes]]:
    """Functions to be called, in each of the ways that pickle has for it."""
    made = {
        "system": Reduced(os.system, COMMAND),
        "eval": Reduced(eval, f"open({CANARY!r}, 'w')"),
        "exec": Reduced(exec, f"open({CANARY!r}, 'w')"),
        "import": Reduced(__import__, CANARY),
        "open": Reduced(open, CANARY, "w"),
        "getattr": Reduced(getattr, "", "join"),
        "partial": Reduced(functools.partial(os.system, COMMAND)),
        "beside": [np.ones(3), {"model": Reduced(os.system, COMMAND)}],
        "items": Reduced(list, [Reduced(os.system, COMMAND)]),
    }
    for name, thing in made.items():
        for protocol in range(6):
            yield f"{name}{protocol}", pickle.dumps(thing, protocol)
    written = {
        "runstring": b"cnumpy.testing._private.utils\nrunstring\n(V1\n}tR.",
        "load": b"cjoblib\nload\n(V/etc/passwd\ntR.",
        "read_pickle": b"cpandas\nread_pickle\n(V/etc/passwd\ntR.",
        "inst": f"(V{COMMAND}\nios\nsystem\n.".encode(),
        "obj": f"(cos\nsystem\nV{COMMAND}\no.".encode(),
        "newobj": f"\x80\x02cos\nsystem\nV{COMMAND}\n\x85\x81.".encode("latin-1"),
        "newobj_ex": f"\x80\x04cos\nsystem\nV{COMMAND}\n\x85}}\x92.".encode("latin-1"),
        "stack_global": f"\x80\x04\x8c\x02os\x8c\x06system\x93V{COMMAND}\n\x85R.".encode("latin-1"),
        "dotted": f"\x80\x04\x8c\x08builtins\x8c\x13__import__.__call__\x93V{CANARY}\n\x85R.".encode("latin-1"),
        "build_on_class": b"cbuiltins\nint\n}V__doc__\nV1\nsb.",
        "setstate": f"\x80\x02csklearn.a\nB\n)\x81}}V__setstate__\ncos\nsystem\nsbV{COMMAND}\nb.".encode("latin-1"),
        "reconstructor": f"ccopy_reg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nV{COMMAND}\ntR.".encode(),
        "ext1": b"\x80\x02\x82\x01.",
        "ext2": b"\x80\x02\x83\x01\x00.",
        "ext4": b"\x80\x02\x84\x01\x00\x00\x00.",
        "persistent": b"Pmodel\n.",
        "persistent_binary": b"Vmodel\nQ.",
        "buffer": b"\x80\x05\x97.",
        "python2": b"S'text'\n.",
        "call_of_text": b"Vtext\n)R.",
        "class_of_text": b"Vtext\n)\x81.",
    }
    yield from written.items()


def kind(code: str) -> bytes:
    """`numpy.dtype` and its state."""
    whole = b"J\xff\xff\xff\xff"
    return f"cnumpy\ndtype\n(V{code}\nI00\nI01\ntR(K\x03V<\nNNN".encode() + 2 * whole + b"K\x00tb"


def array(shape: bytes, code: str = "f8", data: bytes = b"B\x00\x00\x00\x00") -> bytes:
    """`numpy.core.multiarray._reconstruct` and its state, the data as an opcode."""
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
    return made + b"(K\x01" + shape + kind(code) + b"\x89" + data + b"tb"


def wrapped(shape: bytes, code: str, then: bytes) -> bytes:
    """joblib's wrapper of an array, and what comes after it."""
    made = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81"
    return made + b"}(Vshape\n" + shape + b"Vorder\nVC\nVdtype\n" + kind(code) + b"ub" + then + b"."


def arrays() -> Iterator[tuple[str, bytes]]:
    """Shapes and types that ask for memory, or for Python objects."""
    petabytes = b"\x8a\x08" + (1 << 50).to_bytes(8, "little") + b"\x85"
    yield "petabytes", array(petabytes) + b"."
    yield "petabytes_of_nothing", array(petabytes, "V0") + b"."
    yield "petabytes_wrapped", wrapped(petabytes, "f8", b"")
    nothing = b"(" + petabytes[:-1] + petabytes[:-1] + b"K\x00t"
    yield "petabytes_times_zero", array(nothing, data=b"C\x00") + b"."
    for code in ("f0", "f3", "b8", "i5", "c4", "f16" if np.dtype("longdouble").itemsize != 16 else "f12"):
        yield f"no_type_{code}", array(b"K\x01\x85", code) + b"."
    yield "negative", array(b"J\xff\xff\xff\xff\x85") + b"."
    yield "many_sides", array(b"(" + b"K\x01" * 100 + b"t") + b"."
    yield "huge_type", array(b"K\x01\x85", "V999999999") + b"."
    yield "no_type", array(b"K\x01\x85", "system") + b"."
    yield "object_array", array(b"K\x01\x85", "O8", f"(cos\nsystem\n(V{COMMAND}\ntRl".encode()) + b"."
    yield "object_array_of_bytes", array(b"K\x01\x85", "O8", b"C\x08" + bytes(8)) + b"."
    yield "object_wrapped", wrapped(b"K\x01\x85", "O8", f"cos\nsystem\n(V{COMMAND}\ntR.".encode())
    nested = b"\x80\x02" + b"".join(wrapped(b"K\x01\x85", "O8", b"")[:-1] for _ in range(3))
    yield "wrappers_in_one_another", nested + b"."
    scalar = b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(VO8\nI00\nI01\ntR(K\x03V|\nNNNK\x08K\x08K?tb"
    yield "object_scalar", scalar + f"cos\nsystem\n(V{COMMAND}\ntRtR.".encode()


def bombs(many: int = MANY) -> Iterator[tuple[str, bytes]]:
    """Small files that would grow, and files that make work, of so many opcodes."""
    yield "nested_lists", b"]" * (many // 3) + b"a" * (many // 3 - 1) + b"."
    yield "nested_tuples", b")" + b"\x85" * (many // 2) + b"."
    yield "nested_marks", b"(" * (many // 3) + b"t" * (many // 3 - 1) + b"."
    yield "hashed_tuples", b"}" + b")" + b"\x85" * (many // 2) + b"Ns."
    laughs = b"]q\x00" + b"".join(b"](" + bytes([104, k]) * 9 + b"eq" + bytes([k + 1]) for k in range(200))
    yield "laughs", laughs + b"."
    yield "mappings", b"(" + b"}\x94" * many + b"t."
    yield "views", b"(" + b"C\x00\x94" * many + b"t."
    yield "sets", b"(" + b"\x8f\x94" * many + b"t."
    wide = ("a" * 500_000 + "🙂").encode()
    yield "wide_texts", b"(" + (b"X" + struct.pack("<I", len(wide)) + wide) * 200 + b"t."
    yield "long_text", b"\x8d" + struct.pack("<Q", 1 << 62) + b"a."
    yield "long_bytes", b"\x8e" + struct.pack("<Q", 1 << 62) + b"a."
    yield "long_number", b"\x8b" + struct.pack("<I", 1 << 20) + b"\x01" * (1 << 20) + b"."
    yield "long_digits", b"L" + b"9" * 100_000 + b"L\n."
    yield "long_frame", b"\x95" + struct.pack("<Q", 1 << 62) + b"."
    yield "colliding_keys", b"}(" + b"".join(_key(k) for k in range(1000)) + b"u."
    text = b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20)
    encode = b"c_codecs\nencode\n\x940" + b"h\x01(h\x00Vlatin1\ntR" * 2000
    yield "encoded_again_and_again", b"(" + text + b"\x940" + encode + b"t."


def _key(k: int) -> bytes:
    """A whole number whose hash is 0."""
    number = (k + 1) * ((1 << 61) - 1)
    return b"\x8a\x10" + number.to_bytes(16, "little") + b"N"


def packed(large: int = LARGE) -> Iterator[tuple[str, bytes]]:
    """Files that unpack to so many bytes, or ask for much memory to do so."""
    zeros = bytes(large)
    yield "bomb_zlib", zlib.compress(zeros)
    yield "bomb_gzip", gzip.compress(zeros)
    yield "bomb_bz2", bz2.compress(zeros)
    yield "bomb_xz", lzma.compress(zeros, preset=0)
    yield "large_dictionary", b"\x5d\x00\x00\x00\x80" + b"\xff" * 8 + bytes(100)
    yield "cut_zlib", zlib.compress(os.urandom(1000))[:500]
    yield "cut_xz", lzma.compress(os.urandom(1000))[:500]
    yield "not_zlib", b"\x78\x9c" + b"\xff" * 100
    yield "lz4", b"\x04\x22\x4d\x18" + bytes(100)
    yield "empty", b""
    yield "text", b"layers: [2, 1]\n"


def archive(schema: bytes, compression: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    """A skops archive with this schema; members by name, dots and slashes spelt DOT and SLASH."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        made.writestr("schema.json", schema)
        for name, data in members.items():
            made.writestr(name.replace("DOT", ".").replace("SLASH", "/"), data)
    return file.getvalue()


def archives(large: int = LARGE) -> Iterator[tuple[str, bytes]]:
    """skops' archives: schemas, members and tables of contents."""
    reference = (
        b'{"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy", "file": %s}'
    )
    function = b'{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "content": null}'
    partial = (
        b'{"__class__": "partial", "__module__": "functools", "__loader__": "PartialNode", "content": {"func": %s}}'
    )
    huge = (
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999,), }".ljust(117)
        + b"\n"
    )
    yield "function", archive(function)
    yield "partial", archive(partial % function)
    yield "no_schema", archive(b"")
    yield "no_json", archive(b"{")
    yield "list", archive(b"[]")
    yield "deep_json", archive(b"[" * 1_000_000)
    node = b'{"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": ['
    yield "deep_nodes", archive(node * 400 + b"]}" * 400)
    yield "large_schema", archive(b"[" + b"[]," * 8_000_000 + b"[]]", zipfile.ZIP_DEFLATED)
    yield "missing_member", archive(reference % b'"1.npy"')
    yield "member_that_is_none", archive(reference % b"[1]")
    yield "petabytes", archive(reference % b'"1.npy"', **{"1DOTnpy": huge})
    yield "bomb", archive(reference % b'"1.npy"', zipfile.ZIP_DEFLATED, **{"1DOTnpy": huge + bytes(large)})
    yield "object_npy", archive(reference % b'"1.npy"', **{"1DOTnpy": huge.replace(b"<f8", b"|O8")})
    yield "lzma_member", archive(reference % b'"1.npy"', zipfile.ZIP_LZMA, **{"1DOTnpy": huge})
    yield "climbing", archive(function, DOTDOTSLASHDOTDOTSLASHcanary=b"x")
    yield "absolute", archive(function, SLASHtmpSLASHcanary=b"x")
    yield "many_members", archive(function, **{f"{k:060000d}": b"" for k in range(80)})
    yield "no_archive", b"PK\x03\x04" + bytes(100)


def files() -> Iterator[tuple[str, bytes]]:
    """All of them by file name, the bombs in full size."""
    for kind, made in (
        ("call", calls()),
        ("array", arrays()),
        ("bomb", bombs(4 * MANY)),
        ("packed", packed(9 * LARGE)),
    ):
        for name, data in made:
            yield f"{kind}.{name}.{'pkl' if len(name) % 2 else 'joblib'}", data
    for name, data in archives(9 * LARGE):
        yield f"archive.{name}.skops", data
