"""The rim: the command line, one file a command; only here click, printing, exit statuses and the clock."""

from gradaudit.cli.entry import main

__all__ = ["main"]
