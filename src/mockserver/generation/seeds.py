"""Random numbers that depend only on names, never on the order of calls."""

from hashlib import blake2b


def derive(*names: str | int) -> int:
    """Hash a seed and the names of a place (API, collection, index, field …) to a number.

    Returns:
        64 bits, the same for the same names in every process and on every platform.
    """
    # An f-string is faster, and most calls have two names.
    text = f"{names[0]}\x1f{names[1]}" if len(names) == 2 else "\x1f".join(map(str, names))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def encoded(name: str) -> bytes:
    """A name for `derive_inside`."""
    return b"\x1f" + name.encode("utf-8", "surrogatepass")


def derive_inside(number: bytes, name: bytes) -> int:
    """`derive` of a number and a name, both written before: the number in digits, the name by `encoded`."""
    return int.from_bytes(blake2b(number + name, digest_size=8).digest(), "big")
