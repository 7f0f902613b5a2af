# SPDX-License-Identifier: MIT
"""What Debian's xl is asked to do in Dom0, and how two hypervisors' answers are compared."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))

# (name, shell, what is compared: 'text' normalised, 'end' only the status)
SHORT = [
    ('info', 'xl info', 'text'),
    ('list', 'xl list', 'text'),
    ('create hello', 'xl create -q /tmp/hello.cfg && sleep 3; xl list', 'text'),
    ('destroy hello', 'xl destroy hello; xl list', 'text'),
    ('create -p', 'xl create -q -p /tmp/lin.cfg; xl list', 'text'),
    ('unpause', 'xl unpause lin; heard "domu: up"', 'text'),
    ('vcpu-list', 'xl vcpu-list lin', 'text'),
    ('pause', 'xl pause lin; xl list lin', 'text'),
    ('unpause again', 'xl unpause lin; said "domu: tick" 2', 'text'),
    ('save', 'xl save lin /tmp/save >/dev/null 2>&1; test -s /tmp/save; echo $?; xl list', 'text'),
    ('restore', 'xl restore /tmp/save >/dev/null 2>&1; said "domu: tick" 2; xl list', 'text'),
    ('migrate', 'xl migrate -s "" lin "xl migrate-receive" >/tmp/mig 2>&1; '
     'grep "^Migration successful" /tmp/mig || cat /tmp/mig; said "domu: tick" 2; xl list', 'text'),
    ('destroy', 'xl destroy lin; gone lin; xl list', 'text'),
]

LONG = [
    ('info', 'xl info', 'text'),
    ('info -n', 'xl info -n | grep -A99 cpu_topology | grep -B99 numa_info', 'end'),
    ('list', 'xl list', 'text'),
    ('list -l', 'xl list -l', 'text'),
    ('list -v', 'xl list -v', 'text'),
    ('vcpu-list 0', 'xl vcpu-list', 'text'),
    ('sched-credit2', 'xl sched-credit2', 'text'),
    ('cpupool-list', 'xl cpupool-list', 'text'),
    ('cpupool-list -c', 'xl cpupool-list -c', 'text'),
    ('claims', 'xl claims', 'text'),
    ('uptime', 'xl uptime', 'text'),
    ('dmesg', 'xl dmesg | grep -c . >/dev/null', 'text'),
    ('dmesg -c', 'xl dmesg -c >/dev/null; xl dmesg | wc -l', 'end'),
    ('debug-keys', 'xl debug-keys q', 'text'),
    ('create hello', 'xl create -q /tmp/hello.cfg && sleep 3; xl list', 'text'),
    ('list -v hello', 'xl list -v | awk \'{ print $7 }\'', 'end'),
    ('destroy hello', 'xl destroy hello; xl list', 'text'),
    ('create hvm', 'xl create -q /tmp/hello.cfg \'type="hvm"\' >/dev/null 2>&1; test $? -ne 0; xl list', 'text'),
    ('create pvh', 'xl create -q /tmp/hello.cfg \'type="pvh"\' >/dev/null 2>&1; test $? -ne 0; xl list', 'text'),
    ('create from nothing', 'xl create -q /tmp/hello.cfg \'kernel="/nowhere"\' 2>/dev/null; echo $?; xl list', 'text'),
    ('create from no kernel', 'xl create -q /tmp/hello.cfg \'kernel="/px/test.sh"\' 2>/dev/null; echo $?; xl list', 'text'),
    ('create too large', 'xl create -q /tmp/hello.cfg \'memory=9000\' 2>/dev/null; echo $?; xl list', 'text'),
    ('create twice', 'xl create -q -p /tmp/hello.cfg; xl create -q /tmp/hello.cfg 2>/dev/null; echo $?; xl destroy hello; xl list', 'text'),
    ('create -p', 'xl create -q -p /tmp/lin.cfg; xl list', 'text'),
    ('unpause', 'xl unpause lin; heard "domu: up"', 'text'),
    ('console', '(sleep 2; echo greetings; said "domu: tick" 2; leave) | at_tty xl console lin; grep -c "domu: heard greetings" /tmp/con; '
     'grep -q "domu: tick" /tmp/con', 'text'),
    ('vcpu-list', 'xl vcpu-list lin', 'text'),
    ('pause', 'xl pause lin; xl list lin', 'text'),
    ('unpause again', 'xl unpause lin; said "domu: tick" 2', 'text'),
    ('vcpu-pin', 'xl vcpu-pin lin 0 0 && xl vcpu-pin lin 1 all && xl vcpu-list lin', 'text'),
    ('vcpu-pin nowhere', 'xl vcpu-pin lin 0 99', 'end'),
    ('vcpu-set 1', 'xl vcpu-set lin 1; vcpus_up 1; xl list lin', 'text'),
    ('vcpu-set too many', 'xl vcpu-set lin 9; echo $?', 'text'),
    ('vcpu-set 2', 'xl vcpu-set --ignore-host lin 2; vcpus_up 2; xl list lin', 'text'),
    ('mem-set', 'xl mem-set lin 150; has_mem 150; xl list lin', 'text'),
    ('mem-max', 'xl mem-max lin 180; xl list lin', 'text'),
    ('mem-set back', 'xl mem-set lin 160; has_mem 160; xl list lin', 'text'),
    ('sched-credit2 -w', 'xl sched-credit2 -d lin -w 512 -c 50; xl sched-credit2 -d lin', 'text'),
    ('sched-credit2 -c 0', 'xl sched-credit2 -d lin -w 256 -c 0; xl sched-credit2', 'text'),
    ('sched-credit2 -w 0', 'xl sched-credit2 -d lin -w 70000', 'end'),
    ('domid', 'xl domid lin', 'text'),
    ('domname', 'xl domname $(xl domid lin)', 'text'),
    ('rename', 'xl rename lin nil; xl list; xl rename nil lin', 'text'),
    ('uptime 2', 'xl uptime', 'text'),
    ('xentop', 'xentop -b -i 1 | awk \'{ print $1, $2, $5 }\'', 'text'),
    ('trigger nmi', 'xl trigger lin nmi 0; said "domu: tick" 2', 'text'),
    ('trigger power', 'xl trigger lin power', 'end'),
    ('sysrq', 'xl sysrq lin h; heard "sysrq: HELP"', 'text'),
    ('dump-core', 'xl dump-core lin /tmp/core >/dev/null 2>&1; test $(stat -c %s /tmp/core) -gt 160000000; echo $?; rm /tmp/core', 'text'),
    ('network-attach', 'xl network-attach lin bridge=br0 mac=00:16:3e:00:00:07; has eth0; '
     'xl network-list lin | awk \'{ print NF, $2, $3 }\'; ls /sys/class/net/br0/brif | grep -c vif', 'text'),
    ('block-attach', 'dd if=/dev/zero of=/tmp/disk bs=1M count=4 2>/dev/null; xl block-attach lin file:/tmp/disk,xvdb,w; '
     'has "xvdb eth0"; xl block-list lin | awk \'{ print NF, $1, $2, $4 }\'; losetup -a | wc -l', 'text'),
    ('block-attach again', 'xl block-attach lin file:/tmp/disk,xvdb,w 2>/dev/null; echo $?; xl block-list lin | wc -l', 'text'),
    ('block-attach nothing', 'xl block-attach lin file:/nowhere,xvdc,w 2>/dev/null; echo $?; xl block-list lin | wc -l', 'text'),
    ('save', 'xl save lin /tmp/save >/dev/null 2>&1; test -s /tmp/save; echo $?; xl list', 'text'),
    ('restore', 'xl restore /tmp/save >/dev/null 2>&1; said "domu: tick" 2; xl list', 'text'),
    ('save -c', 'xl save -c lin /tmp/save >/dev/null 2>&1; said "domu: tick" 2; xl list; rm /tmp/save', 'text'),
    ('devices are there', 'xl network-list lin | awk \'{ print NF, $3 }\'; xl block-list lin | awk \'{ print NF, $1 }\'', 'text'),
    ('block-detach', 'xl block-detach lin xvdb; has eth0; xl block-list lin; losetup -a | wc -l', 'text'),
    ('network-detach', 'xl network-detach lin 0; has ""; xl network-list lin; ls /sys/class/net/br0/brif', 'text'),
    # The xl that watched lin has left it: it saw it suspended.
    ('destroy and create', 'xl destroy lin; gone lin; xl create -q /tmp/lin.cfg; said "domu: up"; xl list', 'text'),
    ('reboot', 'was=$(xl domid lin); xl reboot lin; said "domu: up"; test $(xl domid lin) -gt $was; echo $?; xl list', 'text'),
    ('shutdown -w', 'xl shutdown -w lin; echo $?; gone lin; xl list', 'text'),
    ('create -c', '(said "domu: up"; sleep 1; echo greetings; said "domu: tick" 2; leave) | at_tty xl create -q -c /tmp/lin.cfg; '
     'grep -c "domu: heard greetings" /tmp/con; xl list', 'text'),
    ('attach again', 'xl network-attach lin bridge=br0; xl block-attach lin file:/tmp/disk,xvdb,w; has "xvdb eth0"; xl block-list lin | wc -l', 'text'),
    ('migrate localhost', 'xl migrate -s "" lin "xl migrate-receive" >/tmp/mig 2>&1; '
     'grep "^Migration successful" /tmp/mig || cat /tmp/mig; said "domu: tick" 2; xl list', 'text'),
    ('destroy', 'xl destroy lin; gone lin; xl list; losetup -a | wc -l', 'text'),
    ('crash', 'xl create -q /tmp/lin.cfg; said "domu: up"; xl sysrq lin c; gone lin; xl list', 'text'),
    ('destroy nobody', 'xl destroy lin', 'end'),
    ('nothing of lin', 'xenstore-ls -f | grep -cE "/(vbd|vif)/|lin"; losetup -a | wc -l', 'text'),
    ('one after the other', 'in_turn 1; before; in_turn $MANY; after; xl list', 'text'),
    ('all at once', 'at_once $((MANY / 2)) >/dev/null; before; at_once $((MANY / 2)); after; xl list', 'text'),
]

# The bridge of lin's network card.
LONG_START = """
modprobe -a bridge xen-netback xen-blkback loop
ip link add br0 type bridge; ip link set br0 up
"""


def script(steps, many=20, start=''):
    with open(os.path.join(HERE, 'prepare.sh')) as f:
        lines = [f'MANY={many}', f.read(), start]
    for name, shell, _ in steps:
        quoted = shell.replace("'", "'\\''")
        lines.append(f"step '{name.replace(' ', '_')}' '{quoted}'")
    return '\n'.join(lines) + '\nexit 0\n'


# What Philoxen does and Debian's Xen does not, by SPEC.md's section 12: {step: (a line of Xen's, a line of Philoxen's)}.
MIGRATED = ('^Migration failed, failed to suspend', '^Migration successful')
DIFFERENCES = {'migrate': MIGRATED, 'migrate localhost': MIGRATED}


# Lines that name the hypervisor or the machine's measurements, and words that differ from run to run.
PRIVATE = re.compile(r'^(hw_caps|virt_caps|cpu_mhz|total_memory|free_memory|xen_extra|xen_version|xen_caps|xen_changeset|'
                     r'xen_commandline|cc_|build_id|host |\(XEN\)|\(PHX\)|\(d\d+\)|\s*$)')


def normal(lines):
    out = []
    for line in lines:
        if PRIVATE.match(line):
            continue
        line = re.sub(r'\d+:\d\d:\d\d', 'H:M:S', line)
        line = re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}', 'UUID', line)
        line = re.sub(r'\b\d+\.\d+\b', 'N.N', line)
        line = re.sub(r'"target_memkb": \d+', '"target_memkb": N', line)
        line = re.sub(r' [r-][b-]([p-][s-][c-][d-])(?= )', r' S\1', line)  # runs or waits, by chance
        line = re.sub(r'^(Domain-0\s+\d+\s+\d+\s+)(\d+|-)\s+[r-][b-]-(?= )', r'\1CPU S', line)  # vcpu-list: where and which runs, too
        line = re.sub(r'^(lin\s.*\s\d+\s+\d+\s+)(\d+|-)(\s+\S+)', r'\1CPU S', line)
        out.append(re.sub(r'\s+', ' ', line).strip())
    return out


def results(console):
    """{step: (status, lines)} of what the script printed."""
    out, name, lines = {}, None, []
    for line in console:
        if line.startswith('px-begin '):
            name, lines = line[9:].strip(), []
        elif line.startswith('px-end ') and name:
            out[name] = (int(line[7:]), lines)
            name = None
        elif name:
            lines.append(line)
    return out
