"""The page before it is a page: every string and coordinate that the templates place, and nothing else."""

from gradaudit.formats.page.build import PAPER, SCREEN, build
from gradaudit.formats.page.view import Page

__all__ = ["PAPER", "SCREEN", "Page", "build"]
