# SPDX-License-Identifier: MIT
"""Linux's log on Philoxen, beside its log of the same boot on Debian's Xen.

Lines are compared as sets after numbers are taken out. What only one log has is listed in
build/system/linux-log-*.diff; a line that only Philoxen's log has and that is an error, or tells of
one, fails. Xen's log is kept in build/, under a name made of everything that was booted.

Claims: [LNX-2].
"""

import hashlib
import os
import re

from harness import BUILD, Failure, built, cases, expect
from linux import SICK, blob, boot_linux, contents, disk, failed_boot, nic, script_image, stored

SCRIPT = r'''
dmesg -n 1
px-net >/dev/null
disk=$(ls -d /dev/sd? /dev/vd? 2>/dev/null | head -n 1)
dd if=$disk of=/dev/null bs=1M count=8 2>/dev/null
sleep 3
dmesg -r | sed 's/^/px-log: /'
'''
BAD = re.compile(SICK.pattern + r'|[Ff]ailed|[Ee]rror|[Cc]annot|[Uu]nable to|timed? ?out|invalid|corrupt|broken')
LEVEL_ERROR = 3
# (pattern of a line only Philoxen's log has, why it may)
ACCEPTED = (
    (r'^tsc: Fast TSC calibration failed', 'counter 2 of the PIT is not there: Linux takes the rate from Xen\'s clock'),
)


def log_of(m):
    """[(level, text)] of Linux's log: what `dmesg -r` said at the end."""
    lines = []
    for line in m.console:
        found = re.match(r'px-log: <(\d+)>\[ *\d+\.\d+\] (.*)', line)
        if found:
            lines.append((int(found[1]) & 7, found[2].rstrip()))
    if len(lines) < 100:
        failed_boot(m, f'only {len(lines)} lines of Linux\'s log')
    return lines


def normal(text):
    """A line without what differs from boot to boot: addresses, numbers, names with numbers."""
    text = re.sub(r'\b[0-9a-fA-F]{8,}\b|\b0x[0-9a-fA-F]+\b', 'X', text)
    text = re.sub(r'([0-9a-f]{2}:){5}[0-9a-f]{2}', 'MAC', text)
    return re.sub(r'\d+(\.\d+)?', 'N', text).strip()


def boot_for_log(hv, options):
    path, _ = blob()
    machine, vcpus, cpu, disk_kind, nic_kind = options
    extra = disk(disk_kind, machine, path) + nic(nic_kind)
    m = boot_linux(script_image('log', SCRIPT), 'px.script=/px/test.sh', hv=hv, machine=machine, smp=vcpus, cpu=cpu,
                    extra=extra, dom0_mem=512)
    try:
        expect(m, r'^PX-STATUS: 0')
    except Failure as e:
        failed_boot(m, f'on {hv}: ' + str(e).partition('\n')[0])
    return log_of(m)


def log_on_xen(options):
    """Made once for each kernel, hypervisor, image and machine."""
    key = hashlib.sha256(repr(options).encode())
    for path in (built('xen/xen'), built('dom0/vmlinuz'), script_image('log', SCRIPT)):
        key.update(contents(path))
    name = f'linux-log-xen-{key.hexdigest()[:16]}.txt'
    path = os.path.join(BUILD, 'system', name)
    if not os.path.exists(path):
        lines = boot_for_log('xen', options)
        stored(name, lambda: ''.join(f'{level} {text}\n' for level, text in lines).encode())
    with open(path, encoding='utf-8', errors='replace') as f:
        return [(int(line[0]), line[2:].rstrip('\n')) for line in f]


def only_in(lines, others):
    there = {normal(text) for _, text in others}
    return [(level, text) for level, text in lines if normal(text) not in there]


@cases(('q35', 2, 'qemu64', 'ahci', 'e1000e'), ('pc', 1, 'max,-smap', 'virtio-blk', 'virtio-net'))
def test_linux_log_is_as_on_xen(*options):
    xen = log_on_xen(options)
    ours = boot_for_log('philoxen', options)
    new, missing = only_in(ours, xen), only_in(xen, ours)
    name = f'linux-log-{options[0]}.diff'
    stored(name, lambda: ''.join([f'- <{level}> {text}\n' for level, text in missing] +
                                 [f'+ <{level}> {text}\n' for level, text in new]).encode())
    bad = [f'<{level}> {text}' for level, text in new
           if (level <= LEVEL_ERROR or BAD.search(text)) and not any(re.search(p, text) for p, _ in ACCEPTED)]
    if bad:
        raise Failure(f'{len(bad)} lines of trouble that Xen does not give, first {bad[0]!r}\n' +
                      '\n'.join('    | ' + line for line in bad))
    return f'{len(new)} lines only here, {len(missing)} only on Xen: build/system/{name}'
