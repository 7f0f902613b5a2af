# SPDX-License-Identifier: MIT
"""One QEMU machine with a hypervisor in it: how it is started, watched and ended.

Everything that boots (run-guest, conformance, the system tests, the benchmark) goes through
`Machine`, so that options, time limits and the slots of qemu-slot are the same everywhere.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get('B') or 'build')
SLOT = os.path.join(ROOT, 'tools', 'run', 'qemu-slot')
IMAGES = {'xen': os.path.join(BUILD, 'xen', 'xen'), 'philoxen': os.path.join(BUILD, 'philoxen')}
DEFAULT_CPU = 'qemu64,+smep,+rdrand'
TIMED_OUT = 124

# After these lines Xen halts or waits five seconds, and QEMU would not end by itself.
END_LINES = re.compile(r'Hardware Dom0 (halted|crashed)|^\(XEN\) Reboot in five seconds|'
                       r'Manual reset required')
# What both hypervisors say when they, or the first domain, die.
PANICKED = re.compile(r'Panic on CPU')
GUEST_CRASHED = re.compile(r'Dom(ain )?\W*0\b.*crashed', re.I)


def accel():
    """ACCEL from the environment, else what a probe found once: kvm if it boots, or tcg."""
    if os.environ.get('ACCEL'):
        return os.environ['ACCEL']
    cache = os.path.join(BUILD, 'accel')
    try:
        with open(cache) as f:
            return f.read().strip()
    except OSError:
        found = 'kvm' if kvm_boots() else 'tcg'
    os.makedirs(BUILD, exist_ok=True)
    with open(cache, 'w') as f:
        f.write(found + '\n')
    return found


def kvm_boots():
    """A /dev/kvm that opens may still not run guests: let a boot sector say K on com1.

    Some KVMs interpret real mode and fail at the first vector instruction, so it executes one.
    """
    if not os.access('/dev/kvm', os.R_OK | os.W_OK):
        return False
    code = bytes.fromhex(
        '0f20e0 660d00020000 0f22e0'    # set CR4.OSFXSR
        '0f57c0'                        # xorps %xmm0, %xmm0
        'baf803 b04b ee'                # write K to com1
        'baf400 ee f4')                 # end QEMU through isa-debug-exit
    with tempfile.NamedTemporaryFile() as disk:
        disk.write(code.ljust(510, b'\0') + b'\x55\xaa')
        disk.flush()
        probe = subprocess.run(
            ['timeout', '-k', '1', '3', 'qemu-system-x86_64', '-accel', 'kvm', '-nic', 'none',
             '-display', 'none', '-serial', 'stdio', '-monitor', 'none',
             '-device', 'isa-debug-exit,iobase=0xf4', '-drive', f'format=raw,file={disk.name}'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return probe.stdout.strip().endswith(b'K')


def initrd_option(guest, args, modules):
    """QEMU's -initrd is a list of `file words`, where a comma is doubled."""
    entries = [f'{guest} {args}'.strip()] + list(modules)
    for entry in entries:
        name = entry.split(' ', 1)[0]
        if not os.path.exists(name):
            raise FileNotFoundError(f'module {name} does not exist')
    return ','.join(entry.replace(',', ',,') for entry in entries)


def dom0_options(words, image, kernel=None, memory='512M', nic='virtio-net-pci', disks=(), hv_args=''):
    """Machine's options for Debian's kernel with an initramfs, QEMU's user network and disks.

    A disk is a file's path, `snapshot:PATH` where what is written to it shall not stay.
    """
    extra = []
    if nic != 'none':
        extra += ['-netdev', 'user,id=net0', '-device', f'{nic},netdev=net0']
    for number, disk in enumerate(disks):
        path = disk.removeprefix('snapshot:')
        kind = 'qcow2' if path.endswith('.qcow2') else 'raw'
        snapshot = ',snapshot=on' if path != disk else ''
        extra += ['-drive', f'file={path},if=none,id=disk{number},format={kind}{snapshot}',
                  '-device', f'virtio-blk-pci,drive=disk{number}']
    return {'guest': kernel or os.path.join(BUILD, 'dom0', 'vmlinuz'), 'guest_args': words.strip(),
            'modules': [image], 'hv_args': f'dom0_mem={memory} {hv_args}'.strip(), 'extra': extra}


class Machine:
    """What to boot. `run()` boots it once and keeps `console` (lines) and `status`."""

    def __init__(self, hv='philoxen', guest=None, guest_args='', modules=(), machine='q35',
                 cpu=DEFAULT_CPU, smp=1, mem=256, icount=False, hv_args='', timeout=60,
                 cdrom=None, extra=(), alone=False):
        self.hv = hv
        self.alone = alone  # no other machine beside it: it measures time
        self.timeout = timeout
        self.console = []
        self.status = None
        self.ended_by_line = False
        engine = 'tcg' if icount else accel()
        # reserve=off: most of a big machine's memory is never touched, the host need not have it.
        size = f'{mem}M' if str(mem).isdigit() else mem
        self.command = ['qemu-system-x86_64', '-accel', engine,
                        '-machine', f'{machine},memory-backend=ram',
                        '-object', f'memory-backend-ram,id=ram,size={size},reserve=off',
                        '-cpu', cpu, '-smp', str(smp), '-m', size, '-nic', 'none', '-no-reboot']
        if icount:
            self.command += ['-icount', 'shift=0,sleep=off', '-rtc', 'clock=vm']
        if cdrom:
            self.command += ['-cdrom', cdrom, '-boot', 'd']
        else:
            words = ['console=com1', 'com1=115200,8n1', 'loglvl=all', 'guest_loglvl=all',
                     f'dom0_max_vcpus={smp}']
            if 'dom0_mem=' not in hv_args:
                words.append(f'dom0_mem={dom0_mem(size)}M')
            words += shlex.split(hv_args)
            self.command += ['-kernel', IMAGES.get(hv, hv), '-append', ' '.join(words)]
        if guest:
            self.command += ['-initrd', initrd_option(guest, guest_args, modules)]
        self.command += list(extra)

    def interact(self):
        """Gives the terminal to the machine: Ctrl-A x leaves."""
        os.execv(SLOT, [SLOT, '-t', '0'] + self.command + ['-nographic'])

    def run(self, echo=None, stop=None, feed=()):
        """Boots, reads the console to its end, and returns QEMU's status, or TIMED_OUT.

        `echo` is a stream for the console's lines as they come; `stop` a function that is given
        each line and ends the machine when it returns true (status 0). `feed` is what an operator
        types: (pattern, bytes) in turn, each written when a line matches its pattern.
        """
        command = [SLOT, '-t', str(self.timeout)] + ['--alone'] * self.alone + self.command
        command += ['-display', 'none', '-serial', 'stdio', '-monitor', 'none']
        feed = list(feed)
        process = subprocess.Popen(command, stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        stopped = False
        try:
            for raw in process.stdout:
                line = clean(raw)
                if stopped and line.startswith('qemu-system-x86_64: terminating'):
                    continue
                self.console.append(line)
                if echo:
                    print(line, file=echo, flush=True)
                if feed and not stopped and re.search(feed[0][0], line):
                    process.stdin.write(feed.pop(0)[1])
                    process.stdin.flush()
                if not stopped and (END_LINES.search(line) or (stop and stop(line))):
                    stopped = True
                    process.terminate()
        finally:
            # timeout(1) in the slot passes the signal on to QEMU.
            if process.poll() is None:
                process.terminate()
            process.stdout.close()
            if process.stdin:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
            self.status = process.wait()
        if stopped:
            self.status = 0
        return self.status

    def last_lines(self, count=25):
        return '\n'.join('    | ' + line for line in self.console[-count:])

    def find(self, pattern):
        """The first console line that matches, or None."""
        return next((line for line in self.console if re.search(pattern, line)), None)


def dom0_mem(machine_mem):
    """A small first domain: building and scrubbing more than a test uses costs boot time."""
    digits = int(machine_mem[:-1])
    return min(64, (digits * 1024 if machine_mem[-1] in 'Gg' else digits) // 4)


def clean(raw):
    """A console line without carriage returns and the firmware's escape sequences."""
    text = raw.decode('utf-8', 'replace').replace('\r', '').rstrip('\n')
    return re.sub(r'\x1b(\[[0-9;?]*[A-Za-z]|c)', '', text)


def require_tools():
    if not shutil.which('qemu-system-x86_64'):
        sys.exit('qemu-system-x86_64 is missing: make deps')
