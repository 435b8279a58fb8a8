"""What git knows of the repository around a folder; no setting of a repository is believed, and no program is run."""

from gradaudit.cli.git.program import GitError
from gradaudit.cli.git.repository import FileChange, Repository, find_repository
from gradaudit.cli.git.tree import export

__all__ = ["FileChange", "GitError", "Repository", "export", "find_repository"]
