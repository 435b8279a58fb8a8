"""Numbers, names and texts from outside, as every format writes them."""
