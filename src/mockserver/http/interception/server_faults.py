"""Faults of the whole server, set with `--delay` and `--error-rate`, that apply to every session."""

import re
from collections.abc import Iterator

from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.state.fault_model import LONGEST, Delay, Fault

_DELAY = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")
_RATE = re.compile(r"\d(?:\.\d{1,6})?")


def server_faults(settings: Settings) -> Iterator[Fault]:
    """The faults of the settings; which calls they apply to depends only on the seed.

    Raises:
        ConfigurationError: a setting is not a valid time or share.
    """
    if settings.delay is not None:
        yield Fault("delay", "delay", seed=settings.seed, delay=_delay(settings.delay))
    if settings.error_rate is not None:
        yield Fault("error_rate", "status", seed=settings.seed, share=_share(settings.error_rate))


def _delay(text: str) -> Delay:
    found = _DELAY.fullmatch(text)
    low = int(found[1]) / 1000 if found else 0.0
    high = int(found[2]) / 1000 if found and found[2] else low
    if found is None or high < low or high > LONGEST:
        raise ConfigurationError(
            f"delay is {text!r}; write milliseconds, as in 200, or the least and the most, as in 50-400, "
            f"up to {LONGEST * 1000:.0f}"
        )
    return Delay("uniform" if high > low else "fixed", low, high)


def _share(text: str) -> float:
    share = float(text) if _RATE.fullmatch(text) else -1.0
    if not 0.0 <= share <= 1.0:
        raise ConfigurationError(f"error_rate is {text!r}; write a share from 0 to 1, as in 0.05")
    return share
