# SPDX-License-Identifier: MIT
"""Philoxen boots its first domain on every machine it promises, by both multiboot protocols.

Claims: [BOOT-1].
"""

import os
import subprocess

from harness import FULL, HELLO, HELLO_LINE, ROOT, TIMED_OUT, Failure, boot, built, cases, expect
from harness import expect_healthy

ALL = [(machine, cpus, memory) for machine in ('q35', 'pc') for cpus in (1, 2, 8)
       for memory in ('256M', '4G', '16G')]
FAST = [('q35', 1, '256M'), ('pc', 2, '256M'), ('q35', 8, '4G'), ('pc', 1, '16G')]


@cases(*(ALL if FULL else FAST))
def test_boot_reaches_the_first_domain(machine, cpus, memory):
    m = boot(machine=machine, smp=cpus, mem=memory)
    expect_healthy(m)
    expect(m, HELLO_LINE)


@cases(('qemu64,+smep,+rdrand',), ('max,-smap',))
def test_boot_on_cpu(model):
    m = boot(cpu=model)
    expect_healthy(m)
    expect(m, HELLO_LINE)


@cases(('q35',), ('pc',))
def test_iso_boots_by_grub(machine):
    m = boot(guest=None, cdrom=built('philoxen.iso'), machine=machine, mem=512)
    expect_healthy(m)
    expect(m, HELLO_LINE)


def test_run_without_a_terminal_ends_by_itself():
    """`make run` boots Linux as Dom0, looks at /sys/hypervisor and ends with status 0."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith('MAKE') and k != 'MFLAGS'}
    run = subprocess.run(['timeout', '300', 'make', 'run'], cwd=ROOT, env=environment, text=True,
                         errors='replace', stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    last = '\n'.join('    | ' + line for line in run.stdout.splitlines()[-25:])
    if run.returncode == TIMED_OUT:
        raise Failure(f'make run did not end\n{last}')
    if run.returncode:
        raise Failure(f'make run ended with status {run.returncode}\n{last}')
    if '/sys/hypervisor/type: xen' not in run.stdout:
        raise Failure(f'make run did not show what Dom0 runs on\n{last}')
