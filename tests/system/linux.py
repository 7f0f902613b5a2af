# SPDX-License-Identifier: MIT
"""Debian's kernel as Dom0: boots of it, and what its console must not say."""

import os
import re
import threading

from harness import BUILD, Failure, boot, built, expect, expect_healthy, fail

# Lines of a kernel that is not well, whatever else happens.
SICK = re.compile(r'\bBUG\b|WARNING: (?!See )|\bOops\b|Call Trace|unhandled|[Uu]nexpected (irq|IRQ)|nobody cared|'
                  r'[Ll]ost.*interrupt|clocksource.*unstable|soft lockup|hard LOCKUP|rcu.*stall|'
                  r'general protection|blocked for more than|Kernel panic|double fault|segfault')
_making = threading.Lock()


def archive(files):
    """A cpio archive (newc) of {path: bytes}; the kernel unpacks any number of them in a row."""
    out = bytearray()
    folders = sorted({'/'.join(path.split('/')[:n]) for path in files for n in range(1, path.count('/') + 1)})
    entries = [(folder, 0o040755, b'') for folder in folders]
    entries += [(path, 0o100755, data) for path, data in files.items()] + [('TRAILER!!!', 0, b'')]
    for number, (path, mode, data) in enumerate(entries, 1):
        name = path.encode() + b'\0'
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        out += b'070701' + b''.join(b'%08x' % field for field in fields) + name
        out += b'\0' * (-len(out) % 4) + data
        out += b'\0' * (-len(data) % 4)
    return bytes(out)


def image(name, files):
    """An initrd in build/system that has these files, {path: path of a built file}."""
    contents = {}
    for path, source in files.items():
        with open(built(source), 'rb') as f:
            contents[path] = f.read()
    path = os.path.join(BUILD, 'system', name)
    with _making:
        with open(path + '.new', 'wb') as f:
            f.write(archive(contents))
        os.rename(path + '.new', path)
    return path


def boot_linux(initrd, words='', mem=1024, dom0_mem=512, vcpus=None, smp=1, hv_args='', **options):
    """Boots Debian's kernel as first domain to the machine's end."""
    hv_args += f' dom0_mem={dom0_mem}M,max:{dom0_mem}M dom0_max_vcpus={vcpus or smp} guest_loglvl=error'
    options.setdefault('timeout', 240)
    return boot(guest=built('dom0/vmlinuz'), guest_args=f'console=hvc0 earlyprintk=xen {words}'.strip(),
                modules=[initrd], mem=mem, smp=smp, hv_args=hv_args, **options)


def expect_well(m):
    """No word of a fault, and powered off by Linux."""
    expect_healthy(m)
    for line in m.console:
        if SICK.search(line):
            fail(m, f'Linux says {line!r}')
    expect(m, r'reboot: Power down')
    expect(m, r'\(PHX\) Domain 0 powered off')


def number(m, pattern):
    return int(expect(m, pattern)[1])


def expect_between(m, what, low, value, high):
    if not low <= value <= high:
        raise Failure(f'{what} is {value}, not within {low} and {high}\n{m.last_lines()}')
