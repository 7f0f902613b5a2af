# SPDX-License-Identifier: MIT
"""pxl in Dom0, on both hypervisors: each command, each way to end, nothing left behind, and xl's columns.

The scripts of tests/system/pxl run in Dom0; each of their checks prints a line.
"""

import json
import os
import subprocess

from harness import FULL, Failure, Skip, built, cases, expect, expect_healthy, fail
from machine import Machine, dom0_options
from pxlimage import image
from resultform import Forms

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pxl')


def documented():
    """pxl's own words of its results' forms."""
    return Forms(json.loads(subprocess.run([built('dom0/pxl'), '--json', 'help'], check=True, capture_output=True).stdout))


def json_checked(m, forms):
    """Each answer in JSON that the script showed has its documented form."""
    for line in m.console:
        if not line.startswith('JSON '):
            continue
        try:
            bad = forms.wrong(json.loads(line[5:]))
        except json.JSONDecodeError as e:
            bad = f'{e}: {line[:200]}'
        if bad:
            fail(m, bad)


def run(hv, script, least, timeout=300, files=None, words='', base=None, memory=768):
    """Boots Dom0 with a script of ours; every check of it must be good. base: the image, else one where no daemon is started."""
    initrd = image(f'pxl-{hv}-{script}-{words}.img', (files or {}) | {
        f'root/{name}.elf': f'pvguest/{name}.elf' for name in ('sleep', 'hello')} | {
        'root/start.sh': os.path.join(HERE, 'start.sh'), f'root/{script}.sh': os.path.join(HERE, f'{script}.sh')}, base)
    m = Machine(hv=hv, mem=memory + 1280, timeout=timeout,
                **dom0_options(f'console=hvc0 quiet px.script="/root/{script}.sh {words}"', initrd, nic='none',
                               memory=f'{memory}M,max:{memory}M', hv_args='loglvl=error'))
    m.run()
    good = [line for line in m.console if line.startswith('ok ')]
    bad = [line for line in m.console if line.startswith('BAD ')]
    if bad:
        fail(m, '; '.join(bad))
    expect(m, 'pxl-test: end')
    if len(good) < least:
        fail(m, f'{len(good)} checks instead of {least}')
    expect_healthy(m)
    forms = documented()
    json_checked(m, forms)
    return forms


def skip_long(hv):
    """What takes a minute, in `make test` on one hypervisor only."""
    if hv == 'xen' and not FULL:
        raise Skip('make test-pxl')


@cases(('philoxen',), ('xen',))
def test_pxl_commands(hv):
    forms = run(hv, 'commands', 125)
    # Those that change devices: test_pxl_devices.
    missing = {name for name in forms.forms if not name.endswith('tach')} - forms.seen
    if missing:
        raise Failure(f'nobody looked at the JSON of {sorted(missing)}')


@cases(('philoxen',), ('xen',))
def test_pxl_linux(hv):
    guest = image(f'pxl-guest-{hv}.img', {'init': os.path.join(HERE, 'guest-init.sh')}, base='dom0/small.img')
    run(hv, 'linux', 12, 400, {'root/guest.img': guest, 'root/vmlinuz': 'dom0/vmlinuz'})


@cases(('philoxen', 'kernel'), ('philoxen', 'pxbackd'), ('xen', 'kernel'), ('xen', 'pxbackd'))
def test_pxl_devices(hv, back):
    if hv == 'xen' and back == 'kernel' and not FULL:
        raise Skip('make test-pxl')
    guest = image(f'pxl-devices-{hv}-{back}.img', {'init': os.path.join(HERE, 'guest-devices.sh')}, base='dom0/small.img')
    forms = run(hv, 'devices', 60, 400, {'root/guest.img': guest, 'root/vmlinuz': 'dom0/vmlinuz'}, back, None if back == 'kernel' else 'dom0/pxl.img')
    missing = {name for name in forms.forms if name.endswith('tach')} - forms.seen
    if missing:
        raise Failure(f'nobody looked at the JSON of {sorted(missing)}')


@cases(('philoxen',), ('xen',))
def test_pxl_keys(hv):
    guest = image(f'pxl-keys-{hv}.img', {'init': os.path.join(HERE, 'guest-init.sh')}, base='dom0/small.img')
    run(hv, 'keys', 44, 400, {'root/guest.img': guest, 'root/vmlinuz': 'dom0/vmlinuz'})


@cases(('philoxen',), ('xen',))
def test_pxl_qemu(hv):
    """p9=, vfb= and qcow2 disks, where QEMU's programs are."""
    skip_long(hv)
    guest = image(f'pxl-qemu-{hv}.img', {'init': os.path.join(HERE, 'guest-qemu.sh')}, base='dom0/small.img')
    run(hv, 'qemu', 47 if FULL else 31, 600, {'root/guest.img': guest, 'root/vmlinuz': 'dom0/vmlinuz'}, '' if FULL else 'short',
        'dom0/qemu.img', 1280)


@cases(('philoxen',), ('xen',))
def test_pxl_killed(hv):
    """Every step in `make test-pxl`, some of them in `make test`."""
    skip_long(hv)
    run(hv, 'killed', 15, 3600, words='' if FULL else '40')


@cases(('philoxen',), ('xen',))
def test_pxl_why(hv):
    run(hv, 'why', 20, files={'root/refused.elf': 'system/refused.elf'})


def store_files(*guests):
    return {'root/storeguests.sh': os.path.join(HERE, 'storeguests.sh')} | {f'root/{guest}.elf': f'system/{guest}.elf' for guest in guests}


@cases(('philoxen',), ('xen',))
def test_pxl_store_restarts_under_load(hv):
    skip_long(hv)
    run(hv, 'storeload', 14, files=store_files('storeload'))


@cases(('philoxen',), ('xen',))
def test_pxl_store_flooded_by_a_guest(hv):
    skip_long(hv)
    run(hv, 'storeflood', 9, files=store_files('storeload', 'storeflood'))


def test_pxl_columns_are_xls():
    run('xen', 'columns', 15)
