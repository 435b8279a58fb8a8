"""gradaudit: will this network's gradients let it learn? Why not, in numbers, and what would help."""
