"""Infer single fields of plans: filters, pagination, list metadata, effects of actions."""
