"""Models of Keras 2 and 3, in archives, HDF5, JSON and the running program; needs no Keras, runs no code of a file."""
