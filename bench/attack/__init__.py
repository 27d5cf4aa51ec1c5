"""Attack a server of this checkout and count what did not hold: `python -m bench.attack`."""
