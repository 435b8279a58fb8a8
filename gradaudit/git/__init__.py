"""What git knows of the repository around a folder; no setting of a repository is believed, and no program is run."""

from gradaudit.git.changes import Change
from gradaudit.git.program import GitError
from gradaudit.git.repository import Repository, find_repository
from gradaudit.git.tree import export

__all__ = ["Change", "GitError", "Repository", "export", "find_repository"]
