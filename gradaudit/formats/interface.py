"""What a format is: a pure function from a finished report to the bytes of a file."""

from __future__ import annotations

from typing import Protocol

from gradaudit.domain.report import Report

DRAWN_FROM = ("data", "signal", "units", "curvature", "descent", "prediction", "rates")
"""The probes that a page draws from; critical points are dear, and only their rule asks for them."""


class Format(Protocol):
    """One way to write a report down; the module of each exports an instance as `FORMAT`."""

    @property
    def name(self) -> str:
        """The name `--format` knows it by."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The probes whose numbers it draws from, beyond what the rules ask for."""

    def render(self, report: Report) -> bytes:
        """The whole file; equal reports give equal bytes.

        Raises MissingLibraryError where the format stands on a library that is not there.
        """
