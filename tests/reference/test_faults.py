"""Every fault of the catalogue is alive: its probe is answered differently with the fault than without."""

from __future__ import annotations

import pytest

from .client import Client
from .faults import FAULTS, GROUPS, RULES
from .probes import PROBES

AT_LEAST = 66


def test_the_catalogue_is_large_and_well_formed() -> None:
    """Each fault names a group and a rule that exist, and there are enough of them."""
    assert len(FAULTS) >= AT_LEAST
    assert {fault.group for fault in FAULTS.values()} == set(GROUPS)
    assert {fault.rule for fault in FAULTS.values()} == set(RULES)
    assert all(fault.wrong.endswith(".") and fault.page.endswith(".") for fault in FAULTS.values())


def test_every_fault_has_a_probe() -> None:
    """The probes and the catalogue name the same faults."""
    assert sorted(PROBES) == sorted(FAULTS)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_changes_what_its_probe_sees(client: Client, name: str) -> None:
    """The sound backend repeats itself; the faulty one answers something else."""
    sound = client.play(PROBES[name])

    faulty = client.play(PROBES[name], fault=name)

    assert client.play(PROBES[name]) == sound
    assert faulty != sound


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_leaves_the_other_operations_alone(client: Client, name: str) -> None:
    """A probe that does not call the faulty operation sees nothing of it."""
    word = name.partition("-")[0]
    others = {"cancel": "patch-not-saved", "patch": "cancel-twice-500", "override": "patch-not-saved"}
    probe = PROBES[
        others.get(word, "cancel-twice-500" if word in ("delete", "put") else "delete-without-effect")
    ]

    sound = client.play(probe)

    assert client.play(probe, fault=name) == sound
