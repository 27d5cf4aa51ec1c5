"""A real backend for the three documented APIs, written from their pages alone."""
