# SPDX-License-Identifier: MIT
"""Dom0's images: what `make run` starts, with a terminal and without.

Claims: [BOOT-2].
"""

import contextlib
import os
import subprocess

from harness import FULL, ROOT, Failure, Skip, built, cases, expect, expect_healthy, fail
from machine import Machine, dom0_options
from terminal import Terminal

PROMPT = r'dom0:\S+# '
RUN = os.path.join(ROOT, 'tools', 'run', 'run-dom0')


def dom0(words, timeout=240, image='dom0/small.img', machine=None, **options):
    """Boots an image to the machine's end."""
    m = Machine(timeout=timeout, mem='1G', **(machine or {}), **dom0_options(words, built(image), **options))
    if m.run():
        fail(m, f'the machine ended with status {m.status}')
    expect_healthy(m)
    return m


@contextlib.contextmanager
def terminal(*options):
    t = Terminal([RUN, '--terminal', *options], ROOT)
    try:
        yield t
    finally:
        t.close()


def test_dom0_small_runs_a_command():
    """px.run runs with quotes, commas and blanks as written, and its status is told."""
    m = dom0('''console=hvc0 px.run="px-check && echo 'a, b'; (exit 7)"''')
    expect(m, r'^/sys/hypervisor/type: xen$')
    expect(m, r'^a, b$')
    expect(m, r'^PX-STATUS: 7$')
    expect(m, r'reboot: Power down')


def test_dom0_small_has_what_programs_expect():
    m = dom0('console=hvc0 px.run="ls -d /dev/stdin /dev/pts/ptmx /var/log/xen /proc/xen/privcmd && '
             'touch /tmp/a /run/a /dev/shm/a /var/run/b && ls /run/b && lsmod"')
    expect(m, r'^xen_evtchn')
    expect(m, r'^ahci')
    expect(m, r'^PX-STATUS: 0$')


def test_dom0_small_gives_a_shell():
    """A terminal gets a prompt, job control and a way out that powers the machine off."""
    with terminal() as t:
        t.find(r'/sys/hypervisor/type: xen', 240)
        for n in range(20):  # what is typed as soon as a shell is there is not lost
            t.find(PROMPT, 30)
            t.type(f"echo fre''sh {n}; exec sh -l\n")
            t.find(rf'^fresh {n}$', 20)
        t.find(PROMPT, 30)
        t.type("sh -c 'echo started; sleep 1000'\n")
        t.find(r'^started$', 20)
        t.type('\x03')
        t.find(PROMPT, 20)
        t.type('tty; cat /proc/sys/kernel/hostname\n')
        t.find(r'^/dev/hvc0\ndom0\n', 20)
        t.type('exit\n')
        t.find(r'reboot: Power down', 60)
        if t.ended(30):
            raise Failure(f'QEMU failed\n{t.last_lines()}')


def test_dom0_run_tells_the_status():
    run = subprocess.run([RUN, '--run', 'exit 3', '--nic', 'none'], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors='replace')
    if run.returncode != 3:
        raise Failure(f'status {run.returncode}, not 3\n' + run.stdout[-2000:])


def test_dom0_example_guests_have_a_disk_and_a_network():
    """What `make run` does without a terminal: the guest mounts its disk, and QEMU's user network answers it."""
    run = subprocess.run([RUN, '--dom0', 'pxl'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors='replace')
    said = ('What the example guest writes here', '64 bytes from 10.0.2.2')
    if run.returncode or any(words not in run.stdout for words in said):
        raise Failure(f'status {run.returncode}\n' + run.stdout[-4000:])


@cases(('virtio-net-pci',), ('e1000e',))
def test_dom0_small_has_network(nic):
    """An address by DHCP from QEMU's user network, and an answer from its gateway."""
    m = dom0('console=hvc0 px.run="px-net && ping -c 1 10.0.2.2; grep eth0 /proc/net/dev"', nic=nic)
    expect(m, r'^eth0: 10\.0\.2\.15/24$')
    expect(m, r'1 packets received')
    expect(m, r'^PX-STATUS: 0$')


def test_dom0_debian_logs_in():
    """systemd reaches its login prompt with no failed unit and with network, and powers off."""
    if not FULL:
        raise Skip('takes minutes: FULL=1')
    built('dom0/debian/root.ext4')
    with terminal('--dom0', 'debian', '--snapshot') as t:
        t.find(r'dom0 login: ', 500)
        t.type('root\n')
        t.find(r'root@dom0:~# ', 120)
        t.type('systemctl is-system-running --wait; systemctl --failed --plain --no-legend\n')
        state = t.find(r'^(running|degraded|stopping|maintenance)\n((?:.*\n)*)root@dom0:~# ', 300)
        if state[1] != 'running' or state[2].strip():
            raise Failure(f'systemd is {state[1]}: {state[2]}\n{t.last_lines()}')
        t.type('ping -c 1 10.0.2.2; cat /sys/hypervisor/type\n')
        t.find(r'1 received', 60)
        t.find(r'^xen\n', 20)
        t.type('poweroff\n')
        t.find(r'reboot: Power down', 200)
        if t.ended(60):
            raise Failure(f'QEMU failed\n{t.last_lines()}')


def test_dom0_run_refuses_a_command_it_cannot_pass():
    run = subprocess.run([RUN, '--run', 'echo "a"'], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode != 1 or 'cannot have a "' not in run.stderr:
        raise Failure(f'status {run.returncode}: {run.stderr}')
