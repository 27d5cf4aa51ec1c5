"""Generate realistic values that match their schemas."""

from mockserver.generation import binary_samples
from mockserver.generation.generator import UnsatisfiableSchemaError, ValueGenerator

__all__ = ["UnsatisfiableSchemaError", "ValueGenerator", "binary_samples"]
