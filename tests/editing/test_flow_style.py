from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.editing.flow_style import pair, written
from gradaudit.inputs.yaml_text.tree import compose


def test_numbers_and_names_are_written_to_be_read_back():
    """Quotes only where the text would mean something else."""
    said = [written(each) for each in (0.05, 1e-05, 3, True, "relu", "my net", "true", "1e3", "a # b", "x: y", "")]
    assert said == ["0.05", "1e-05", "3", "true", "relu", "my net", '"true"', '"1e3"', '"a # b"', '"x: y"', '""']
    assert [written(each) for each in ("../a/rows.csv", "/a.b", "./x", ".5", "..")] == [
        "../a/rows.csv",
        "/a.b",
        "./x",
        '".5"',
        '".."',
    ]
    assert pair("init", "zeros", as_json=True) == '"init": "zeros"'


@settings(deadline=None)
@given(
    st.booleans()
    | st.integers(-(10**19), 10**19)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab 1./-_#:,[]{}&*!|>'\"%@`~é\\", max_size=9)
)
def test_whatever_is_written_is_read_back(value):
    """Beside other values and alone, in YAML and as JSON."""
    for as_json in (False, True):
        document = {"a": [value, value], "b": {"c": value}}
        read = compose(written(document, as_json=as_json), "m.yaml", [])
        assert repr(read.plain()) == repr(document)
