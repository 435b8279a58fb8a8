"""The environment in which someone's own templates run: what they may do is counted, and their faults have a place.

Import it in the function that needs it, as Jinja itself.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, markup_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from gradaudit.errors import InputError

MAX_STEPS = 2_000_000
"""Turns of loops, calls, filters and values that a page may take; the packaged one takes some thousands."""
MAX_SECONDS = 20.0
"""Processor time of a page whose single steps are long: a twentieth of it is much."""
MAX_LENGTH = 4_000_000
"""Characters or items that `*`, `~` and `+` may make."""
MAX_POWER = 1_000
_SIZED = (str, bytes, list, tuple)
_WIDE = re.compile(r"%[^a-zA-Z%]*\d{5}|\{[^{}]*:[^{}]*\d{5}")


class Sandbox(ImmutableSandboxedEnvironment):
    """Counts every step from its making on: one is made for each page. Raises SecurityError where it is too much."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - those of Jinja
        super().__init__(**options)
        self.steps, self.until = 0, time.process_time() + MAX_SECONDS
        self.filters = {name: self._counted(each) for name, each in self.filters.items()}
        self.globals.pop("lipsum", None)

    def step(self) -> str:
        """One more; nothing to print."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise SecurityError(f"takes more than {MAX_STEPS:,} steps; a loop in it runs for too long")
        if time.process_time() > self.until:
            raise SecurityError(f"takes more than {MAX_SECONDS:g} seconds; a loop in it runs for too long")
        return ""

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)  # with the marks by which Jinja passes the context
        def counted(*values: Any, **named: Any) -> Any:  # noqa: ANN401
            self.step()
            _check_sizes(*values, *named.values())
            return function(*values, **named)

        return counted

    def call(self, context: Context, function: Any, /, *values: Any, **named: Any) -> Any:  # noqa: ANN401
        """A call in a template, counted."""
        self.step()
        if isinstance(getattr(function, "__self__", None), str):
            _check_sizes(function.__self__, *values, *named.values())
        return super().call(context, function, *values, **named)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:  # noqa: ANN401
        """Text's own `format`, its pattern and arguments checked."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def checked(*values: Any, **named: Any) -> str:  # noqa: ANN401
            _check_sizes(value.__self__, *values, *named.values())
            return wrapped(*values, **named)

        return checked

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """The operation, where what it makes is of a size that a page can use."""
        lengths = [len(side) for side in (left, right) if isinstance(side, _SIZED)]
        if operator == "**" and not all(
            isinstance(side, int | float) and abs(side) <= MAX_POWER for side in (left, right)
        ):
            raise SecurityError(f"a power of more than {MAX_POWER:,}")
        if operator == "*" and lengths:
            lengths = [lengths[0] * abs(side) for side in (left, right) if isinstance(side, int)]
        if operator == "%" and isinstance(left, str):
            _check_sizes(left)
        if sum(lengths) > MAX_LENGTH:
            raise SecurityError(f"'{operator}' makes more than {MAX_LENGTH:,} characters or items")
        return super().call_binop(context, operator, left, right)

    def joined(self, *values: object) -> str:
        """What `~` makes of its values."""
        if sum(len(value) for value in values if isinstance(value, str)) > MAX_LENGTH:
            raise SecurityError(f"'~' makes more than {MAX_LENGTH:,} characters")
        return markup_join(values)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """The template's tree, in which every turn of a loop is counted."""
        tree: nodes.Template = _Counting().visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree

    def compile(self, source: Any, name: Any = None, filename: Any = None, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
        """The template as code. Raises TemplateSyntaxError, with its file, for whatever Python or Jinja cannot take."""
        try:
            return super().compile(source, name, filename, *rest, **named)
        except TemplateSyntaxError as error:
            error.filename = error.filename or filename
            raise
        except (TemplateError, InputError):
            raise
        except (RecursionError, MemoryError, ValueError, OverflowError, SyntaxError, TypeError) as error:
            reason = " ".join(str(error).split()) or f"it ends in a {type(error).__name__}"
            raise TemplateSyntaxError(f"cannot be compiled: {reason}", 1, name, filename) from None


class _Counting(NodeTransformer):
    """Puts a step at the beginning of what can be repeated, and a call that counts in place of `~`."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja calls it so
        return self._stepped(node)

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802 - Jinja calls it so
        return self._stepped(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Call:  # noqa: N802 - Jinja calls it so
        self.generic_visit(node)
        return nodes.Call(nodes.EnvironmentAttribute("joined"), node.nodes, [], None, None, lineno=node.lineno)

    def _stepped(self, node: nodes.For | nodes.Macro) -> nodes.Node:
        self.generic_visit(node)
        step = nodes.Call(nodes.EnvironmentAttribute("step"), [], [], None, None)
        node.body.insert(0, nodes.ExprStmt(step).set_lineno(node.lineno))
        return node


def _check_sizes(*values: object) -> None:
    """Refuse a number that is no width or count, and a pattern with one in it."""
    for value in values:
        if isinstance(value, int) and abs(value) > MAX_LENGTH:
            raise SecurityError("a width or count that is too large")
        if isinstance(value, str) and _WIDE.search(value):
            raise SecurityError("a pattern with a width that is too large")
