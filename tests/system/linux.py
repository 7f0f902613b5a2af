# SPDX-License-Identifier: MIT
"""Debian's kernel as Dom0: boots of it with a script inside, and what its console must not say."""

import hashlib
import io
import os
import random
import re
import tarfile
import threading
import time

from harness import BUILD, TIMED_OUT, Failure, Machine, built, expect, expect_healthy, fail

# Lines of a kernel that is not well, whatever else happens. `WARNING: See` introduces advice about CPUs.
SICK = re.compile(r'\bBUG\b|WARNING: (?!See |Spectre)|\bOops\b|Call Trace|unhandled|[Uu]nexpected (irq|IRQ)|'
                  r'nobody cared|[Ll]ost.*interrupt|clocksource.*unstable|soft lockup|hard LOCKUP|rcu.*stall|'
                  r'general protection|blocked for more than|Kernel panic|double fault|segfault|I/O error|'
                  r'NETDEV WATCHDOG|failed command|xen map irq failed|bounds error|divide error')
POWERED_OFF = r'\(PHX\) (Domain 0 powered off|The control domain switches the machine off)'
BLOB_SIZE = 8 << 20
SERVED_SIZE = 1 << 19
_making = threading.Lock()


def archive(files):
    """A cpio archive (newc) of {path: bytes}; the kernel unpacks any number of them in a row."""
    out = bytearray()
    folders = sorted({'/'.join(path.split('/')[:n]) for path in files for n in range(1, path.count('/') + 1)})
    entries = [(folder, 0o040755, b'') for folder in folders]
    entries += [(path, 0o100755, data) for path, data in files.items()] + [('TRAILER!!!', 0, b'')]
    for inode, (path, mode, data) in enumerate(entries, 1):
        name = path.encode() + b'\0'
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        out += b'070701' + b''.join(b'%08x' % field for field in fields) + name
        out += b'\0' * (-len(out) % 4) + data
        out += b'\0' * (-len(data) % 4)
    return bytes(out)


def contents(path):
    with open(path, 'rb') as f:
        return f.read()


def tar(files):
    """An archive of programs, {path: contents}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as whole:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            whole.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def stored(name, make):
    """A file in build/system, written by make(): bytes, and replaced whole."""
    path = os.path.join(BUILD, 'system', name)
    with _making:
        with open(path + '.new', 'wb') as f:
            f.write(make())
        os.rename(path + '.new', path)
    return path


def image(name, files):
    """An initrd that has these files alone, {path: path of a built file}."""
    return stored(name, lambda: archive({path: contents(built(source)) for path, source in files.items()}))


def script_image(name, script, files=None, base='dom0/small.img'):
    """An initrd: one of Dom0's images with a script, and files {path: bytes} beside it in /px."""
    added = {'px/test.sh': script.encode()} | {'px/' + path: data for path, data in (files or {}).items()}
    return stored(name + '.img', lambda: archive(added) + contents(built(base)))


def blob():
    """(path of a disk image, the md5 sum of its first half, which has no pattern; the other is empty)."""
    data = random.Random(1).randbytes(BLOB_SIZE)
    return stored('disk.raw', lambda: data + bytes(BLOB_SIZE)), hashlib.md5(data).hexdigest()


def served():
    """(folder with a file `blob` for TFTP, the file's md5 sum)."""
    data = random.Random(2).randbytes(SERVED_SIZE)
    os.makedirs(os.path.join(BUILD, 'system', 'served'), exist_ok=True)
    return os.path.dirname(stored('served/blob', lambda: data)), hashlib.md5(data).hexdigest()


def disk(kind, machine, path, name='d0'):
    """QEMU's options for a disk; what is written is gone afterwards."""
    drive = ['-drive', f'if=none,format=raw,snapshot=on,id={name},file={path}']
    if kind == 'virtio-blk':
        return drive + ['-device', f'virtio-blk-pci,drive={name}']
    if machine == 'q35':
        return drive + ['-device', f'ide-hd,drive={name},bus=ide.0']
    return drive + ['-device', 'ahci,id=ahci', '-device', f'ide-hd,drive={name},bus=ahci.0']


def nic(kind, folder=None):
    """QEMU's options for a NIC at the user network, which serves a folder by TFTP."""
    serve = f',tftp={folder}' if folder else ''
    device = {'virtio-net': 'virtio-net-pci'}.get(kind, kind)
    return ['-netdev', f'user,id=net{serve}', '-device', f'{device},netdev=net,romfile=']


def boot_linux(initrd, words='', mem=None, dom0_mem=512, vcpus=None, smp=1, hv_args='', watch=None,
                kernel=None, hv='philoxen', feed=(), **options):
    """Boots Debian's kernel as first domain until QEMU ends; `watch` is given each line and its time."""
    hv_args += f' dom0_mem={dom0_mem}M,max:{dom0_mem}M dom0_max_vcpus={vcpus or smp} guest_loglvl=warning'
    options.setdefault('timeout', 300)
    m = Machine(hv=hv, guest=kernel or built('dom0/vmlinuz'), smp=smp, hv_args=hv_args,
                guest_args=f'console=hvc0 earlyprintk=xen {words}'.strip(),
                modules=[initrd] if initrd else [], mem=mem or dom0_mem + 512, **options)
    m.run(stop=lambda line: watch and watch(line, time.time()), feed=feed)
    if m.status == TIMED_OUT:
        failed_boot(m, f'the machine did not end within {m.timeout} s')
    if m.status:
        failed_boot(m, f'QEMU ended with status {m.status}')
    return m


def run_in_linux(initrd, words='', **options):
    """Boots an image with a script, which must succeed, and Linux must be well and power off."""
    m = boot_linux(initrd, f'px.script=/px/test.sh {words}'.strip(), **options)
    try:
        expect_well(m)
        expect(m, r'^PX-STATUS: 0')
    except Failure as e:
        failed_boot(m, str(e).partition('\n')[0])
    return m


def failed_boot(m, why):
    raise Failure(f'{why}\n    | {" ".join(m.command)}\n{m.last_lines(40)}')


def expect_well(m):
    """No word of a fault, and powered off by Linux."""
    expect_healthy(m)
    for line in m.console:
        if SICK.search(line):
            fail(m, f'Linux says {line!r}')
    expect(m, r'reboot: Power down')
    expect(m, POWERED_OFF)


def number(m, pattern):
    return int(expect(m, pattern)[1])


def expect_between(m, what, low, value, high):
    if not low <= value <= high:
        failed_boot(m, f'{what} is {value}, not within {low} and {high}')
