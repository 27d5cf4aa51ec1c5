"""Side-by-side measurements of the mock and its peers: `python -m bench`."""
