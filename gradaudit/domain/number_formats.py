"""The formats that a person may train in, and the range of each (IEEE 754)."""

from __future__ import annotations

LARGEST = {"float64": 1.7976931348623157e308, "float32": 3.4028234663852886e38, "float16": 65504.0, "bfloat16": 3.39e38}
"""The largest finite number; bfloat16 has float32's exponent and 7 bits of fraction."""
SMALLEST = {"float64": 2.0**-1074, "float32": 2.0**-149, "float16": 2.0**-24, "bfloat16": 2.0**-133}
"""The smallest number above 0; what is under half of it becomes 0."""
