"""What a recipe adds is collected in the scratch copy that it is added to, not here."""

collect_ignore_glob = ["*/tests/*"]
