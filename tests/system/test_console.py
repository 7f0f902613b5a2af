# SPDX-License-Identifier: MIT
"""What stands on the console says where it comes from.

Claims: [LOG-1].
"""

import re

from harness import boot, built, expect, expect_healthy, expect_none, fail

FIRST_LINE = '(PHX) Philoxen'
GUESTS_OWN = re.compile(r'clock: ')


def test_every_line_tells_who_speaks():
    """The hypervisor's lines, another domain's, and the first domain's as they are."""
    m = boot(guest=built('system/clock.elf'), guest_args='2 5000',
             modules=[built('system/clock.elf') + ' domU:name=b;mem=16M 1 5000'])
    expect_healthy(m)
    expect(m, r'^clock: kept')
    expect(m, r'^\(d1\) clock: kept')
    first = next((i for i, line in enumerate(m.console) if line.startswith(FIRST_LINE)), None)
    if first is None:
        fail(m, f'no line begins with {FIRST_LINE}')
    for line in m.console[first:]:
        if not line.startswith(('(PHX) ', '(d1) ')) and not GUESTS_OWN.match(line):
            fail(m, f'who says {line!r}?')


def test_loglvl_silences_what_is_less_important():
    m = boot(hv_args='loglvl=error')
    expect(m, r'^Hello from ')
    expect_none(m, r'^\(PHX\) (Memory|CPUs|Clock)')
