"""Read schemas: references followed, combinations merged, what they say of a place in a value."""
