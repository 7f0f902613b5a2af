# SPDX-License-Identifier: MIT
"""Loads in Dom0 that notice a wrong register, translation, page or clock: two vcpus on two CPUs.

`make test` runs short ones, `make test-stress` long ones.

Claims: [LNX-4].
"""

import hashlib
import os
import random
import re
import subprocess
import tempfile

from harness import BUILD, FULL, ROOT, Failure, built, cases, expect
from linux import contents, disk, failed_boot, run_in_linux, script_image

CLASSES = 'cpu vm fork mmap mprotect switch signal timer futex clock'.split()
SECONDS = 600 if FULL else 20
PROGRAM_SECONDS = 60 if FULL else 6
DISK_MIB = 1024 if FULL else 128
SOURCES = ('lib/*.c', 'core/*.c') if FULL else ('lib/*.c', 'core/[a-e]*.c')
COMPILE = ('cd %s && ls %s | xargs -P 4 -n 1 sh -c '
           '\'gcc -std=gnu17 -O2 -ffreestanding -mno-red-zone -mcmodel=kernel -mgeneral-regs-only -fno-pic '
           '-fno-strict-aliasing -fno-stack-protector -I. -Iabi -Igen -Iinclude -c "$0" -o "$0.o" || exit 255\' && '
           'ls %s | while read -r f; do md5sum "$f.o"; done')
TRAFFIC = '''
dmesg -n 1; dmesg -c >/dev/null
now() { /px/clocks; }
must() { echo "px: $*" | cut -c1-90; "$@" || { echo "px: failed ($?): $*"; dmesg; exit 1; }; }
now
'''


def sources():
    """{path: text} of what the compile needs: a part of the hypervisor, Xen's headers."""
    folders = {'lib': 'hypervisor/lib', 'core': 'hypervisor/core', 'x86': 'hypervisor/x86', 'abi': 'abi',
               'hypercall': 'hypervisor/hypercall', 'boot': 'hypervisor/boot', 'gen': os.path.join(BUILD, 'gen'),
               'include/xen': '/usr/include/xen'}
    files = {}
    for name, folder in folders.items():
        folder = os.path.join(ROOT, folder)
        for where, _, names in os.walk(folder):
            for file in names:
                if file.endswith(('.c', '.h', '.def')):
                    path = os.path.join(where, file)
                    files[os.path.normpath(f'{name}/{os.path.relpath(path, folder)}')] = contents(path)
    return files


def compile_here(files):
    """The same compile on this machine: its lines `sum  file.o`."""
    patterns = ' '.join(SOURCES)
    with tempfile.TemporaryDirectory(dir=os.path.join(BUILD, 'system')) as folder:
        for path, data in files.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), 'wb') as f:
                f.write(data)
        run = subprocess.run(['sh', '-c', COMPILE % (folder, patterns, patterns)], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode:
        raise Failure(f'the compile fails on this machine\n{run.stdout[-2000:]}')
    return run.stdout.split('\n')[:-1]


class Clock:
    """Dom0's `px: clock` lines beside this machine's time."""

    def __init__(self):
        self.seen = []

    def watch(self, line, here):
        found = re.match(r'px: clock (\d+\.\d+)', line)
        if found:
            self.seen.append((float(found[1]), here))

    def expect_right(self, m):
        """Right to 3 s (the RTC gives whole seconds), and after the run as right as before it."""
        if len(self.seen) < 2:
            failed_boot(m, 'Dom0 did not say its time twice')
        (dom0, here), (dom0_end, here_end) = self.seen[0], self.seen[-1]
        drift = (dom0_end - dom0) - (here_end - here)
        if abs(dom0 - here) > 3 or abs(drift) > 0.5 + 0.001 * (here_end - here):
            failed_boot(m, f'Dom0\'s clock is {dom0 - here:.3f} s off, and {drift:.3f} s more after '
                           f'{here_end - here:.0f} s')
        return f'the clock drifted by {drift * 1000:.0f} ms in {here_end - here:.0f} s'


def stress(name, script, files=None, **options):
    clock = Clock()
    files = {'clocks': contents(built('system/clocks'))} | (files or {})
    image = script_image(name, TRAFFIC + script + '\nnow\ndmesg\n', files, base='dom0/test.img')
    m = run_in_linux(image, smp=2, dom0_mem=options.pop('dom0_mem', 1536), watch=clock.watch,
                     timeout=3600 if FULL else 600, **options)
    return m, clock.expect_right(m)


def test_linux_stress_compile():
    """gcc -j4 makes the same objects in Dom0 as here."""
    files = sources()
    here = compile_here(files)
    patterns = ' '.join(SOURCES)
    m, drift = stress('compile', COMPILE % ('/px/src', patterns, patterns) + ' || exit 1',
                      {f'src/{path}': data for path, data in files.items()})
    there = [line for line in m.console if re.match(r'[0-9a-f]{32}  \S+\.c\.o$', line)]
    if there != here:
        differing = sorted(set(here) ^ set(there))
        failed_boot(m, f'{len(differing)} lines differ, first {differing[0]}')
    return f'{len(there)} objects; {drift}'


@cases(('max,-smap',), ('qemu64',))
def test_linux_stress_registers_tlb_and_clocks(cpu):
    seconds = PROGRAM_SECONDS
    m, drift = stress(f'programs-{cpu}', f'''
must /px/clocks {seconds} 4
must /px/tlb {seconds}
must /px/fpu {seconds} 6
(/px/tlb {seconds} >/dev/null; echo "px: beside $?") &
must /px/fpu {seconds} 6
wait
''', {name: contents(built(f'system/{name}')) for name in ('tlb', 'fpu')}, cpu=cpu)
    expect(m, r'^px: beside 0')
    expect(m, r'^fpu: \d+ rounds with ' + ('AVX' if 'max' in cpu else 'SSE'))
    return drift


def test_linux_stress_classes():
    """stress-ng checks what it does."""
    classes = ' '.join(f'--{name} 1' for name in CLASSES)
    m, drift = stress('classes', f'must stress-ng --verify {classes} --vm-bytes 96M --mmap-bytes 48M '
                                 f'--timeout {SECONDS}s --metrics-brief', cpu='max,-smap')
    expect(m, r'stress-ng: info: .*successful run completed')
    return drift


def test_linux_stress_disks():
    """Copies from virtio-blk to AHCI and back, with nothing cached, keep every byte."""
    size = DISK_MIB << 20
    source = os.path.join(BUILD, 'system', f'source-{DISK_MIB}.raw')
    md5 = hashlib.md5()
    generator = random.Random(3)
    with open(source, 'wb') as f:
        for _ in range(DISK_MIB):
            chunk = generator.randbytes(1 << 20)
            md5.update(chunk)
            f.write(chunk)
    target = os.path.join(BUILD, 'system', f'target-{DISK_MIB}.raw')
    with open(target, 'wb') as f:
        f.truncate(size)
    m, drift = stress('disks', '''
sum() { echo 3 >/proc/sys/vm/drop_caches; dd if=$1 bs=1M 2>/dev/null | md5sum | sed "s,^,px: $2 ,"; }
sum /dev/vda read
must dd if=/dev/vda of=/dev/sda bs=1M conv=notrunc,fsync
sum /dev/sda copied
must dd if=/dev/zero of=/dev/vda bs=1M count=16 conv=notrunc,fsync
must dd if=/dev/sda of=/dev/vda bs=64K conv=notrunc,fsync
sum /dev/vda returned
''', extra=disk('virtio-blk', 'q35', source, 'd0') + disk('ahci', 'q35', target, 'd1'))
    for what in ('read', 'copied', 'returned'):
        expect(m, f'^px: {what} {md5.hexdigest()}')
    return f'{DISK_MIB} MiB; {drift}'
