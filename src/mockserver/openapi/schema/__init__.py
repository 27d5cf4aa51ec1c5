"""Schemas: resolve references, merge combinations, and compile validators."""
