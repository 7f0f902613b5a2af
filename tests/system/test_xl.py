# SPDX-License-Identifier: MIT
"""Debian's xl, xenstored and xenconsoled make, run, save and destroy domains; `make test-xl` compares more with Xen.

Claims: [TOOL-1] [TOOL-2] [TOOL-3].
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'xl'))
from commands import SHORT, results, script
from harness import Failure, boot, built, expect, expect_healthy
from linux import contents, failed_boot, run_in_linux, script_image

STATES = {'create_hello': r'hello +\d+ +16 +1 +---s--', 'destroy_hello': r'^Domain-0', 'create_-p': r'lin +\d+ +160 +1 +--p---',
          'migrate': 'Migration successful',
          'pause': r'lin +\d+ +160 +2 +-.p---', 'restore': r'lin +\d+ +160 +2 +.....-'}


def test_xl():
    image = script_image('xl-short', script(SHORT), base='dom0/xl.img',
                         files={'vmlinuz': contents(built('dom0/vmlinuz')), 'hello.elf': contents(built('pvguest/hello.elf'))})
    m = run_in_linux(image, 'quiet', dom0_mem=1024, mem=2048, timeout=400)
    got = results(m.console)
    for name, _, _ in SHORT:
        status, lines = got.get(name.replace(' ', '_'), (None, []))
        pattern = STATES.get(name.replace(' ', '_'), '')
        if status != 0 or not any(re.search(pattern, line) for line in lines + ['']):
            failed_boot(m, f'xl: {name}: status {status}: {lines}')


def test_a_domU_may_use_no_control_operation():
    """An unprivileged domain walks through all of domctl, sysctl and platform_op."""
    m = boot(guest=built('system/clock.elf'), guest_args='4 4000', hv_args='guest_loglvl=error',
             modules=[f'{built("system/unprivileged.elf")} domU:name=u;mem=16M'])
    line = expect(m, r'\(d1\) unprivileged: (\d+) asked, (\d+) refused')
    if line[1] != line[2] or int(line[1]) < 300:
        raise Failure(line[0])
    expect_healthy(m)
