"""Check what documents say of values, effects and orders in words."""
