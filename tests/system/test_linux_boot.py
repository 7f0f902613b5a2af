# SPDX-License-Identifier: MIT
"""Debian's kernel, as its package ships it, boots as Dom0 on every machine promised.

Claims: [BOOT-1] [BOOT-2].
"""

from harness import cases, expect
from linux import boot_linux, expect_between, expect_well, image, number


@cases(('q35', 1, 1, 512, 'qemu64'), ('pc', 2, 2, 1024, 'max,-smap'))
def test_linux_boot(machine, vcpus, cpus, dom0_mem, cpu):
    m = boot_linux(image('look.img', {'init': 'system/init'}), machine=machine, vcpus=vcpus, smp=cpus, cpu=cpu,
                   dom0_mem=dom0_mem, mem=dom0_mem + 512)
    expect(m, r'^init: reached')
    expect_between(m, 'number of CPUs', vcpus, number(m, r'^init: CPUs (\d+)'), vcpus)
    expect_between(m, 'memory', dom0_mem - 250, number(m, r'^init: .*memory (\d+) MiB'), dom0_mem)
    expect(m, r'^init: hypervisor xen')
    expect_well(m)
