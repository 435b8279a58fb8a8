"""Files: the one way of opening one and the one of writing one, and where input files may lie."""
