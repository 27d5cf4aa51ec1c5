"""Random numbers that depend only on names, never on the order of calls."""

from hashlib import blake2b


def derive(*names: str | int) -> int:
    """Hash a seed and the names of a place (API, collection, index, field …) to a number.

    Returns:
        64 bits, the same for the same names in every process and on every platform.
    """
    text = "\x1f".join(map(str, names))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
