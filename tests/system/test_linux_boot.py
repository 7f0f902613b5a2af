# SPDX-License-Identifier: MIT
"""Debian's kernel, as its package ships it, boots as Dom0 on every machine promised, with its disk and NIC.

Claims: [LNX-1].
"""

import matrix
from harness import FULL, Failure, cases, expect
from linux import blob, disk, expect_between, failed_boot, script_image, nic, number, run_in_linux, served

# What Linux says from now on is kept for the end, so that no line of the script is torn.
SCRIPT = r'''
dmesg -n 1; dmesg -c >/dev/null
echo "px: CPUs $(nproc), memory $(free -m | awk '/^Mem/ { print $2 }') MiB, on $(cat /sys/hypervisor/type)"
echo "px: clocksource $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
disk=$(ls -d /dev/sd? /dev/vd? 2>/dev/null | head -n 1)
read_back() { echo 3 >/proc/sys/vm/drop_caches; dd if=$disk bs=1M count=8 skip=$1 2>/dev/null | md5sum; }
echo "px: read $(read_back 0)"
dd if=$disk of=$disk bs=1M count=8 seek=8 conv=notrunc 2>/dev/null; sync
echo "px: copied $(read_back 8)"
px-net >/dev/null && tftp -g -r blob -l /tmp/blob 10.0.2.2 && echo "px: fetched $(md5sum </tmp/blob)"
sed 's/^/px-irq: /' /proc/interrupts
dmesg
'''


def interrupts(m, pattern):
    """How many interrupts the rows of /proc/interrupts that match had in all."""
    total, rows = 0, 0
    for line in m.console:
        if line.startswith('px-irq: ') and pattern in line:
            rows += 1
            total += sum(int(word) for word in line.split(':', 2)[2].split() if word.isdigit())
    if not rows:
        failed_boot(m, f'/proc/interrupts has no row with {pattern}')
    return total


@cases(*(matrix.whole() if FULL else matrix.fast()))
def test_linux_boot(machine, vcpus, dom0_mem, disk_kind, nic_kind, cpu):
    path, on_disk = blob()
    folder, by_net = served()
    extra = disk(disk_kind, machine, path) + nic(nic_kind, folder)
    m = run_in_linux(script_image('matrix', SCRIPT), machine=machine, vcpus=vcpus[0], smp=vcpus[1], cpu=cpu,
                     dom0_mem=dom0_mem, extra=extra)
    expect_between(m, 'number of CPUs', vcpus[0], number(m, r'^px: CPUs (\d+)'), vcpus[0])
    expect_between(m, 'memory', dom0_mem - 300, number(m, r'memory (\d+) MiB, on xen'), dom0_mem)
    for what, md5 in (('read', on_disk), ('copied', on_disk), ('fetched', by_net)):
        try:
            expect(m, f'^px: {what} {md5}')
        except Failure as e:
            failed_boot(m, str(e).partition('\n')[0])
    rows = {'ahci': '-msi ', 'virtio-blk': '-msi-x', 'e1000e': '-msi-x', 'virtio-net': '-msi-x'}
    for kind in (disk_kind, nic_kind):
        expect_between(m, f'{kind}: interrupts by {rows[kind]}', 10, interrupts(m, rows[kind]), 1 << 30)
