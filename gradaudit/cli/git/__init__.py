"""What git knows of the repository around a folder; no setting of a repository is believed, and no program is run."""
