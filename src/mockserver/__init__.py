"""A stateful mock and contract-testing server for documented HTTP APIs."""

__version__ = "0.1.0"
