"""Real networks on real data, trained by the very rules of the catalogue."""
