"""The mock as reference model, kept in step with the implementation."""
