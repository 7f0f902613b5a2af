# SPDX-License-Identifier: MIT
"""pxl in Dom0, on both hypervisors: each command, each way to end, nothing left behind, and xl's columns.

The scripts of tests/system/pxl run in Dom0; each of their checks prints a line.
"""

import os

from harness import FULL, Skip, cases, expect, expect_healthy, fail
from machine import Machine, dom0_options
from pxlimage import image

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pxl')


def run(hv, script, least, timeout=300, files=None):
    """Boots Dom0 with a script of ours; every check of it must be good."""
    initrd = image(f'pxl-{hv}-{script}.img', (files or {}) | {
        f'root/{name}.elf': f'pvguest/{name}.elf' for name in ('sleep', 'hello')} | {
        'root/start.sh': os.path.join(HERE, 'start.sh'), f'root/{script}.sh': os.path.join(HERE, f'{script}.sh')})
    m = Machine(hv=hv, mem=2048, timeout=timeout,
                **dom0_options(f'console=hvc0 quiet px.script=/root/{script}.sh', initrd, nic='none',
                               memory='768M,max:768M', hv_args='loglvl=error'))
    m.run()
    good = [line for line in m.console if line.startswith('ok ')]
    bad = [line for line in m.console if line.startswith('BAD ')]
    if bad:
        fail(m, '; '.join(bad))
    expect(m, 'pxl-test: end')
    if len(good) < least:
        fail(m, f'{len(good)} checks instead of {least}')
    expect_healthy(m)


@cases(('philoxen',), ('xen',))
def test_pxl_commands(hv):
    run(hv, 'commands', 90)


@cases(('philoxen',), ('xen',))
def test_pxl_linux(hv):
    guest = image(f'pxl-guest-{hv}.img', {'init': os.path.join(HERE, 'guest-init.sh')}, base='dom0/small.img')
    run(hv, 'linux', 12, 400, {'root/guest.img': guest, 'root/vmlinuz': 'dom0/vmlinuz'})


@cases(('philoxen',), ('xen',))
def test_pxl_devices(hv):
    guest = image(f'pxl-devices-{hv}.img', {'init': os.path.join(HERE, 'guest-devices.sh')}, base='dom0/small.img')
    run(hv, 'devices', 60, 400, {'root/guest.img': guest, 'root/vmlinuz': 'dom0/vmlinuz'})


@cases(('philoxen',), ('xen',))
def test_pxl_killed(hv):
    if not FULL:
        raise Skip('make test-pxl')
    run(hv, 'killed', 3, 900)


def test_pxl_columns_are_xls():
    run('xen', 'columns', 15)
