# SPDX-License-Identifier: MIT
"""What Debian's xl is asked to do in Dom0, and how two hypervisors' answers are compared."""

import re

# A DomU made of nothing but busybox; and how long one waits for its words.
PREPARE = r'''
mkdir -p /tmp/u/bin /tmp/u/dev /tmp/u/proc; cp /usr/bin/busybox /tmp/u/bin/
cat >/tmp/u/init <<'E'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
echo "domu: up, CPUs $(/bin/busybox grep -c ^processor /proc/cpuinfo)"
while :; do /bin/busybox sleep 1; echo "domu: tick"; done
E
chmod 755 /tmp/u/init
(cd /tmp/u && find . | cpio -o -H newc 2>/dev/null) >/tmp/domu.img
cat >/tmp/lin.cfg <<E
name="lin"
kernel="/px/vmlinuz"
ramdisk="/tmp/domu.img"
extra="console=hvc0 quiet"
memory=160
maxmem=192
vcpus=2
E
cat >/tmp/hello.cfg <<E
name="hello"
kernel="/px/hello.elf"
memory=16
on_poweroff="preserve"
E
log=/var/log/xen/guest-lin.log
# waits until the guest has said so many more lines like this
said() { n=$(grep -c "$1" $log 2>/dev/null); i=0
    while [ $i -lt 60 ] && [ "$(grep -c "$1" $log 2>/dev/null)" -lt $((${n:-0} + ${2:-1})) ]; do sleep 1; i=$((i + 1)); done
    [ $i -lt 60 ]; }
heard() { i=0; while [ $i -lt 60 ] && ! grep -q "$1" $log; do sleep 1; i=$((i + 1)); done; [ $i -lt 60 ]; }
gone() { i=0; while [ $i -lt 60 ] && xl domid "$1" >/dev/null 2>&1; do sleep 1; i=$((i + 1)); done; [ $i -lt 60 ]; }
vcpus_up() { i=0; while [ $i -lt 30 ] && [ "$(xl list lin | awk 'NR == 2 { print $4 }')" != "$1" ]; do sleep 1; i=$((i + 1)); done; [ $i -lt 30 ]; }
has_mem() { i=0; while [ $i -lt 30 ] && [ "$(xl list lin | awk 'NR == 2 { print $3 }')" != "$1" ]; do sleep 1; i=$((i + 1)); done; [ $i -lt 30 ]; }
step() { echo "px-begin $1"; shift; (eval "$*") 2>&1 </dev/null; echo "px-end $?"; }
'''

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
    ('migrate', 'xl migrate -s "" lin "xl migrate-receive" 2>&1 | grep "^Migration"; said "domu: tick" 2; xl list', 'text'),
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
    ('create hvm', 'echo \'type="hvm"\' >>/tmp/hello.cfg; xl create -q /tmp/hello.cfg; test $? -ne 0', 'end'),
    ('create -p', 'xl create -q -p /tmp/lin.cfg; xl list', 'text'),
    ('unpause', 'xl unpause lin; heard "domu: up"', 'text'),
    ('console', '(sleep 5; killall xenconsole 2>/dev/null) & timeout 8 xl console lin | grep -q "domu: tick"', 'text'),
    ('vcpu-list', 'xl vcpu-list lin', 'text'),
    ('pause', 'xl pause lin; xl list lin', 'text'),
    ('unpause again', 'xl unpause lin; said "domu: tick" 2', 'text'),
    ('vcpu-pin', 'xl vcpu-pin lin 0 0 && xl vcpu-pin lin 1 all && xl vcpu-list lin', 'text'),
    ('vcpu-pin nowhere', 'xl vcpu-pin lin 0 99', 'end'),
    ('vcpu-set 1', 'xl vcpu-set lin 1; vcpus_up 1; xl list lin', 'text'),
    ('vcpu-set 2', 'xl vcpu-set lin 2; vcpus_up 2; xl list lin', 'text'),
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
    ('save', 'xl save lin /tmp/save >/dev/null 2>&1; test -s /tmp/save; echo $?; xl list', 'text'),
    ('restore', 'xl restore /tmp/save >/dev/null 2>&1; said "domu: tick" 2; xl list', 'text'),
    ('save -c', 'xl save -c lin /tmp/save >/dev/null 2>&1; said "domu: tick" 2; xl list; rm /tmp/save', 'text'),
    ('migrate localhost', 'xl migrate -s "" lin "xl migrate-receive" >/dev/null 2>&1; xl list | wc -l', 'end'),
    ('reboot', 'xl destroy lin; gone lin; xl create -q /tmp/lin.cfg; said "domu: up"; xl list | wc -l', 'text'),
    ('destroy', 'xl destroy lin; gone lin; xl list', 'text'),
    ('destroy nobody', 'xl destroy lin', 'end'),
    ('one after the other', 'i=0; sed -i "/type/d" /tmp/hello.cfg; while [ $i -lt ${MANY:-20} ]; do '
     'xl create -q /tmp/hello.cfg >/dev/null && xl destroy hello || echo "fails at $i"; i=$((i + 1)); done; xl list', 'text'),
    ('all at once', 'i=0; while [ $i -lt ${MANY:-20} ]; do xl create -q /tmp/hello.cfg "name=\\"h$i\\"" >/dev/null || '
     'echo "fails at $i"; i=$((i + 1)); done; xl list | wc -l; '
     'i=0; while [ $i -lt ${MANY:-20} ]; do xl destroy h$i; i=$((i + 1)); done; xl list', 'text'),
    ('nothing left', 'test $(xl info | awk \'/^free_memory/ { print $3 }\') -ge $(($(cat /tmp/free) - 1))', 'text'),
]

SCRIPT_START = PREPARE + r'''
xl create -q /tmp/hello.cfg >/dev/null; xl destroy hello; sleep 1
xl info | awk '/^free_memory/ { print $3 }' >/tmp/free
'''


def script(steps, many=20):
    lines = [f'MANY={many}', SCRIPT_START]
    for name, shell, _ in steps:
        quoted = shell.replace("'", "'\\''")
        lines.append(f"step '{name.replace(' ', '_')}' '{quoted}'")
    return '\n'.join(lines) + '\nexit 0\n'


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
        line = re.sub(r'\b(r|-)(b|-)(----|---)\b', 'S', line)  # runs or waits, by chance
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
