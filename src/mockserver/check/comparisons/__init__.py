"""Comparisons of what different callers see, of what repeated requests do, and of files."""
