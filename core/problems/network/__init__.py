"""Small networks in plain NumPy, for experiments that have to be quick."""
