# SPDX-License-Identifier: GPL-2.0-or-later
"""Many guests, at once and one after the other, leave everything as it was.

The jobs judge; `make bench` runs the same with 1,000 guests in a row."""

import re

import pytest

pytestmark = [pytest.mark.long, pytest.mark.only(hv="pellicle", tools="pel")]

AT_ONCE = 200
IN_A_ROW = 100


@pytest.fixture(scope="module")
def big(host):
    """A machine of 6 GiB."""
    with host.boot("scale", smp=2, memory_mb=6144) as m:
        yield m.boot()


def last(text, what):
    return re.findall(rf"^(?:churn|crowd): {what}.*", text, re.M)[-1]


def test_many_guests_in_a_row(big, record_property):
    text = big.ok(f"/jobs/churn {IN_A_ROW}", 600)
    record_property("report", last(text, "ratio"))
    assert "nothing is left behind" in text


def test_200_guests_at_once(big, record_property):
    text = big.ok(f"/jobs/crowd {AT_ONCE}", 1500)
    for what in ("created", "all of them", "destroyed"):
        record_property("report", last(text, what))
    assert f"{AT_ONCE} guests run at once" in text
    assert "nothing is left behind" in text
