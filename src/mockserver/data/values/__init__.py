"""Generate values that look real and fit their schemas."""

from mockserver.data.values import samples
from mockserver.data.values.generator import UnsatisfiableSchemaError, ValueGenerator

__all__ = ["UnsatisfiableSchemaError", "ValueGenerator", "samples"]
