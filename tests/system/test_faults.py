# SPDX-License-Identifier: MIT
"""Faults stay where they are made, and the hypervisor's own are told with names.

Claims: [DOM-6] [REF-3].
"""

import re

from harness import PANICKED, boot, built, cases, expect, expect_healthy, expect_none, fail


def expect_attacks(m, who=''):
    """The hostile guest came to its end, and its attacks were not all turned away at the door."""
    line = expect(m, re.escape(who) + r'.*hostile: has done its worst: (\d+) accepted, (\d+) refused')
    if min(int(line[1]), int(line[2])) < 1000:
        fail(m, line[0])


@cases((1,), (2,))
def test_hostile_guests_leave_their_neighbour_the_clock(cpus):
    """The first domain keeps its clock while two unprivileged ones attack, and when they are gone.

    Time is counted in instructions, so that a busy host makes nobody late. With two CPUs QEMU runs
    them in turns of some milliseconds.
    """
    hostile = built('system/hostile.elf')
    m = boot(guest=built('system/clock.elf'), guest_args=f'2 {2 if cpus == 1 else 30}', smp=cpus,
             icount=True, timeout=120,
             modules=[f'{hostile} domU:name=a;mem=16M 1{cpus}',
                      f'{hostile} domU:name=b;mem=24M;vcpus=2 2{cpus}'])
    for i in (1, 2):
        expect_attacks(m, f'(d{i})')
        expect(m, f'Domain {i} crashed')
    expect(m, r'clock: kept')
    expect_healthy(m)


@cases((1,), (2,))
def test_attacks_of_the_first_domain_only_crash_it(cpus):
    m = boot(guest=built('system/hostile.elf'), smp=cpus)
    expect_attacks(m)
    expect(m, r'Domain 0 .*crashed')
    expect_none(m, PANICKED)


@cases(('resets',), ('halts',))
def test_panic_prints_a_symbolised_backtrace_and(end):
    """`debug-panic` on the command line panics at the end of the boot."""
    m = boot(hv_args='debug-panic noreboot' if end == 'halts' else 'debug-panic', smp=2)
    expect(m, r'Panic on CPU 0: asked for by debug-panic')
    expect(m, r'\[<ffff[0-9a-f]{12}>\] boot_main\+0x[0-9a-f]+')
    expect(m, r'\[<ffff[0-9a-f]{12}>\] start64\+0x[0-9a-f]+')
    if end == 'halts':
        expect(m, r'Manual reset required \(noreboot\)')
    else:
        expect_none(m, 'Manual reset')
