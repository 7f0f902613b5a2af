# SPDX-License-Identifier: MIT
"""However Dom0 ends, the machine ends rightly, and the console names the reason.

Claims: [LNX-3].
"""

import os

from harness import PANICKED, ROOT, built, cases, expect, expect_none, fail
from linux import POWERED_OFF, archive, boot_linux, contents, script_image, stored

PANICS = {
    'sysrq': ('echo c >/proc/sysrq-trigger', '', 'sysrq triggered crash'),
    'sysrq_after_a_second': ('echo c >/proc/sysrq-trigger', 'panic=1', 'sysrq triggered crash'),
}
NO_INIT = r'(No working init found|VFS: Unable to mount root fs|Requested init)'
KERNEL_LINE = r'Linux version 6\.1'


def expect_crash(m, why):
    expect(m, f'Kernel panic - not syncing: {why}')
    expect(m, r'\(PHX\) Domain 0 .*crashed')
    expect_none(m, PANICKED)


@cases(*((name,) for name in PANICS))
def test_linux_that_panics_is_a_crash(name):
    command, words, why = PANICS[name]
    m = boot_linux(script_image(f'panic-{name}', command), f'px.script=/px/test.sh {words}', smp=2)
    expect_crash(m, why)


ENDS = {
    'reboot': ('reboot: Restarting system', r'\(PHX\) Domain 0 asked for a reboot'),
    'poweroff': ('reboot: Power down', POWERED_OFF),
    'halt': ('reboot: System halted', POWERED_OFF),
}


@cases(*((command,) for command in ENDS))
def test_linux_that_ends_by(command):
    linux_line, ours = ENDS[command]
    m = boot_linux(script_image(f'end-{command}', f'{command} -f; sleep 100'), 'px.script=/px/test.sh', smp=2)
    expect(m, linux_line)
    expect(m, ours)
    expect_none(m, r'[Cc]rashed')


def test_linux_without_its_root_panics():
    expect_crash(boot_linux(None, 'root=/dev/nothing'), r'VFS: Unable to mount root fs')


def test_linux_with_a_broken_initrd_panics():
    broken = stored('broken.img', lambda: contents(built('dom0/small.img'))[:500000])
    m = boot_linux(broken)
    expect(m, r'Initramfs unpacking failed')
    expect_crash(m, NO_INIT)


def test_linux_whose_first_process_ends_panics():
    initrd = stored('no-init.img', lambda: archive({'init': b'#!/nothing\n', 'etc/empty': b''}))
    expect_crash(boot_linux(initrd), NO_INIT)


def refused(kernel, initrd, reason):
    m = boot_linux(initrd, kernel=kernel)
    expect_none(m, KERNEL_LINE)
    expect(m, reason)
    if not m.find(r'\(PHX\) .*(Panic on CPU|no domain|cannot)'):
        fail(m, 'nothing says that there is no first domain')


def test_kernel_that_is_none_is_refused():
    refused(os.path.join(ROOT, 'LICENSE'), built('dom0/small.img'), r'\(PHX\) .*not (an ELF|a kernel)')


def test_truncated_vmlinuz_is_refused():
    short = stored('short-vmlinuz', lambda: contents(built('dom0/vmlinuz'))[:3 << 20])
    refused(short, built('dom0/small.img'), r'\(PHX\) .*(truncat|beyond|outside|ends|damaged|corrupt)')


def test_damaged_vmlinuz_is_refused():
    def damage():
        data = bytearray(contents(built('dom0/vmlinuz')))
        data[len(data) // 2] ^= 0x55
        return bytes(data)
    refused(stored('damaged-vmlinuz', damage), built('dom0/small.img'), r'\(PHX\) .*(xz|damaged|corrupt)')


def test_modules_in_the_wrong_order_are_refused():
    refused(built('dom0/small.img'), built('dom0/vmlinuz'), r'\(PHX\) .*not (an ELF|a kernel)')
