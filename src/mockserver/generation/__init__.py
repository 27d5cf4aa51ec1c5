"""Generate values that look real and fit their schemas."""

from mockserver.generation import binary_samples
from mockserver.generation.generator import UnsatisfiableSchemaError, ValueGenerator

__all__ = ["UnsatisfiableSchemaError", "ValueGenerator", "binary_samples"]
