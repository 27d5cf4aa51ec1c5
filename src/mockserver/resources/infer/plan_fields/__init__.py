"""Infer single fields of plans: what parameters select, what an envelope says, what an action changes."""
