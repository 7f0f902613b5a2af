# SPDX-License-Identifier: MIT
"""Faults stay where they are made, and the hypervisor's own are told with names."""

import re

from harness import PANICKED, boot, built, cases, expect, expect_healthy, expect_none, fail


def expect_attacks(m, who=''):
    """The hostile guest came to its end, and its attacks were not all turned away at the door."""
    line = expect(m, re.escape(who) + r'.*hostile: has done its worst: (\d+) accepted, (\d+) refused')
    if min(int(line[1]), int(line[2])) < 1000:
        fail(m, line[0])


@cases((1,), (2,))
def test_hostile_guests_leave_their_neighbour_the_clock(cpus):
    """The first domain keeps its clock while two unprivileged ones attack, and when they are gone."""
    left = {'1', '2', 'clock'}

    def enough(line):
        gone = re.search(r'Domain ([12]) crashed', line)
        left.discard(gone[1] if gone else 'clock' if left == {'clock'} and 'ticks' in line else '')
        return not left or 'BAD' in line

    hostile = built('system/hostile.elf')
    m = boot(guest=built('system/clock.elf'), guest_args='100', smp=cpus, timeout=120, stop=enough,
             modules=[f'{hostile} domU:name=h{i};mem=16M seed={i}{cpus}' for i in (1, 2)])
    for i in (1, 2):
        expect_attacks(m, f'(d{i})')
    if left:
        fail(m, f'never seen: {left}')
    expect_none(m, 'clock: BAD')
    expect_healthy(m)


@cases((1,), (2,))
def test_attacks_of_the_first_domain_only_crash_it(cpus):
    m = boot(guest=built('system/hostile.elf'), smp=cpus)
    expect_attacks(m)
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
