# SPDX-License-Identifier: MIT
"""What stands on the console says where it comes from.

Claims: [LOG-1] [LOG-3] [LOG-4] [LOG-5] [KEY-1].
"""

import os
import random
import re
import socket
import tempfile

from harness import Machine, boot, built, expect, expect_healthy, expect_none, fail
from linux import boot_linux, image

FIRST_LINE = '(PHX) Philoxen'
GUESTS_OWN = re.compile(r'clock: ')


def test_every_line_tells_who_speaks():
    """The hypervisor's lines, another domain's, and the first domain's as they are."""
    m = boot(guest=built('system/clock.elf'), guest_args='2 5000',
             modules=[built('system/clock.elf') + ' domU:name=b;mem=16M 1 5000'])
    expect_healthy(m)
    expect(m, r'^clock: kept')
    expect(m, r'^\(d1\) clock: kept')
    first = next((i for i, line in enumerate(m.console) if line.startswith(FIRST_LINE)), None)
    if first is None:
        fail(m, f'no line begins with {FIRST_LINE}')
    for line in m.console[first:]:
        if not line.startswith(('(PHX) ', '(d1) ')) and not GUESTS_OWN.match(line):
            fail(m, f'who says {line!r}?')


def test_loglvl_silences_what_is_less_important():
    m = boot(hv_args='loglvl=error')
    expect(m, r'^Hello from ')
    expect_none(m, r'^\(PHX\) (Memory|CPUs|Clock)')


def test_a_flood_of_a_guest_is_cut_and_counted():
    """Two guests shout; the first domain keeps its clock, lines stay whole, nothing plays tricks."""
    shout = built('system/shout.elf')
    m = boot(guest=built('system/clock.elf'), guest_args='3 30', icount=True, timeout=120,
             modules=[f'{shout} domU:name=a;mem=16M 20000', f'{shout} domU:name=b;mem=16M 20000'])
    expect_healthy(m)
    expect(m, r'^clock: kept')
    for i in (1, 2):
        lines = [line for line in m.console if line.startswith(f'(d{i}) ')]
        whole = re.compile(rf'\(d{i}\) (shout \d{{6}} .{{3}}2J\. at the top of my voice|shout: done)$')
        odd = [line for line in lines if not whole.match(line)]
        if odd:
            fail(m, f'not a whole line: {odd[0]!r}')
        if not 200 < len(lines) < 1000:
            fail(m, f'{len(lines)} lines of domain {i} came through')
        told = sum(int(n) for n in re.findall(rf'd{i}: (\d+) lines of its console suppressed',
                                              '\n'.join(m.console)))
        if told + len(lines) != 20001:
            fail(m, f'{len(lines)} lines and {told} suppressed are not 20001')


def test_an_unknown_option_is_told_the_nearest():
    m = boot(hv_args='loglvl=all consle_timestamps=boot wibble conring_size=256k console_timestamps=boot')
    expect(m, r'unknown option consle_timestamps; nearest is console_timestamps')
    expect(m, r'unknown option wibble$')
    expect(m, r'^\(PHX\) \[ +\d+\.\d{6}\] Domain 0 powered off')


def test_a_machine_without_a_serial_line_still_boots():
    """The com1 of the command line is not there: what is said goes nowhere, and nothing waits for it."""
    m = boot(hv_args='com1=115200,8n1,0x2e8')
    if m.find('PHX'):
        fail(m, 'somebody speaks')


def test_the_vga_shows_the_boot():
    """A guest is there: QEMU's monitor then reads the VGA's text memory."""
    with tempfile.TemporaryDirectory() as folder:
        monitor, dump = os.path.join(folder, 'monitor'), os.path.join(folder, 'vga')

        def look(line):
            if line != 'clock: starts':
                return False
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(monitor)
                s.sendall(f'pmemsave 0xb8000 4000 "{dump}"\n'.encode())
                s.shutdown(socket.SHUT_WR)
                while s.recv(4096):  # until it has done it and hangs up
                    if os.path.exists(dump) and os.path.getsize(dump) == 4000:
                        break
            return True

        m = Machine(guest=built('system/clock.elf'), guest_args='20 5000', hv_args='console=com1,vga vga=keep',
                    extra=['-chardev', f'socket,id=mon,path={monitor},server=on,wait=off',
                           '-mon', 'chardev=mon,mode=readline'])
        m.run(stop=look)
        if not os.path.exists(dump):
            fail(m, 'the monitor wrote nothing')
        with open(dump, 'rb') as f:
            text = f.read()[::2].decode('latin-1')
    lines = [text[i:i + 80].rstrip() for i in range(0, 2000, 80)]
    if 'clock: starts' not in lines or not any(line.startswith('(PHX) CPUs: ') for line in lines):
        fail(m, 'on the screen is:\n' + '\n'.join(lines))


SWITCH = b'\x01\x01\x01'
FLOOD = re.compile(r'^flood (\d{8}) the quick brown fox jumps over the lazy dog, again and again$')


def fnv(data):
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 % (1 << 32)
    return value


def dom0_console(feed, **options):
    """Linux with a program that says what it reads, and somebody at its console."""
    m = boot_linux(image('console.img', {'init': 'system/console'}),
                   words='loglevel=4', timeout=120, feed=[(r'^console: ready', feed[0])] + feed[1:], **options)
    expect_healthy(m)
    expect(m, r'^console: the end')
    return m


def test_paste_into_linux_arrives_whole():
    """4 KiB at once, and 32 KiB, of everything but the switch key and Linux's own key, Ctrl-O."""
    random.seed(7)
    usual = [byte for byte in range(2, 256) if byte != 0x0f]
    small = bytes(random.choices(usual, k=4096))
    large = bytes(random.choices(usual, k=32768))
    m = dom0_console([b'paste 4096\n', (r'^console: paste now', small),
                      (r'^console: pasted', b'paste 32768\n'), (r'^console: paste now', large),
                      (r'^console: pasted', b'end\n')])
    expect(m, f'^console: pasted 4096 {fnv(small):08x}')
    expect(m, f'^console: pasted 32768 {fnv(large):08x}')


def test_flood_from_linux_loses_nothing():
    m = dom0_console([b'flood 5000\n', (r'^console: flooded', b'end\n')])
    numbers = [int(found[1]) for found in map(FLOOD.match, m.console) if found]
    if numbers != list(range(5000)):
        fail(m, f'{len(numbers)} of 5000 lines arrived whole')


def test_three_times_ctrl_a_switches_the_input():
    """Keys go to the hypervisor, and afterwards the line is Linux's again, with its Ctrl-C."""
    m = dom0_console([SWITCH, (r'Serial input to Philoxen', b'hqremg0dst~'),
                      (r"'~' pressed", SWITCH), (r'Serial input to DOM0', b'interrupt\n'),
                      (r'^console: interrupt now', b'\x03'), (r'^console: interrupted', b'end\n')])
    expect(m, r"^\(PHX\) \*\*\* Serial input to DOM0 \(type 'CTRL-a' three times to switch input\)")
    expect(m, r"^\(PHX\)  key 'q': domains and vcpus")
    expect(m, r'^\(PHX\) d0: alive, control, refs')
    expect(m, r'^\(PHX\)   v0 .* cpu 0')
    expect(m, r'^\(PHX\) CPU 0: ')
    expect(m, r'^\(PHX\) +\d+ virq 0 vcpu 0')
    expect(m, r'^\(PHX\) Memory: \d+ pages free')
    expect(m, r'^\(PHX\) d0: \d+ of \d+ grant frames')
    expect(m, r'^\(PHX\) d0v0 \((kernel|user) mode\): rip')
    expect(m, r'^\(PHX\) System time \d+\.\d+ s')
    expect(m, r"'~' pressed: no such key")
