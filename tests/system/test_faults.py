# SPDX-License-Identifier: MIT
"""Faults stay where they are made, and the hypervisor's own are told with names."""

import os
import re

from harness import PANICKED, ROOT, boot, built, cases, expect, expect_healthy, expect_none, fail


@cases((1,), (2,))
def test_hostile_guest_leaves_its_neighbour_the_clock(cpus):
    """The first domain keeps its clock; an unprivileged one attacks.

    Modules: the first domain's kernel, its initrd (any file will do), the other domain's kernel.
    """
    m = boot(guest=built('system/clock.elf'), guest_args='4', smp=cpus,
             modules=[os.path.join(ROOT, 'LICENSE'), built('system/hostile.elf')])
    expect(m, r'hostile: starts')
    expect(m, r'hostile: has done its worst')
    expect(m, r'Domain 1 .*crashed')
    expect(m, r'clock: kept')
    expect_healthy(m)


def test_attacks_of_the_first_domain_only_crash_it():
    m = boot(guest=built('system/hostile.elf'))
    expect(m, r'hostile: has done its worst')
    expect(m, r'Domain 0 .*crashed')
    expect_none(m, PANICKED)


def test_panic_prints_a_symbolised_backtrace():
    """`debug-panic` on the command line panics at the end of the boot."""
    m = boot(hv_args='debug-panic')
    expect(m, r'Panic on CPU')
    names = [found[1] for found in (re.search(r'\b([a-z_][a-z0-9_]+)\+0x[0-9a-f]+', line)
                                    for line in m.console) if found]
    if len(names) < 2:
        fail(m, f'the backtrace names {len(names)} functions')
