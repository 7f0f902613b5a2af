# SPDX-License-Identifier: MIT
"""Dom0's two vcpus make and destroy domains at the same time, on two CPUs, while others ask about them, and wait for timers.

Short here and on Philoxen; with FULL=1 40 times as long, and on Xen too. Claims: [DOM-4].
"""

from harness import FULL, built, cases, expect, expect_none, fail
from linux import boot_linux, contents, expect_well, script_image

SCRIPT = r'''
cat >/root/g.cfg <<E
kernel = "/px/hello.elf"
memory = 8
vcpus = 2
on_poweroff = "preserve"
E
free() { pxl info | awk -F: '/^free_memory/ { print $2 + 0 }'; }
many() {
    i=0
    while [ $i -lt ROUNDS ]; do
        i=$((i + 1))
        pxl create -q /root/g.cfg name=$1 >/tmp/$1.out 2>&1 || { echo "smp: $1 was not created"; cat /tmp/$1.out; return 1; }
        case $((i % 3)) in
        0) pxl pause $1; pxl vcpu-pin $1 0 $((i % 2)) ;;
        1) pxl mem-max $1 12 ;;
        esac
        pxl destroy $1 || { echo "smp: $1 was not destroyed"; return 1; }
    done
    echo "smp: $1 made $i"
}
pxl create -q /root/g.cfg name=first && pxl destroy first
sleep 1
before=$(free)
touch /tmp/busy
uptime() { cut -d. -f1 /proc/uptime; }
watch() { # a timer of Dom0 that comes this late has been lost
    while [ -e /tmp/busy ]; do
        a=$(uptime); sleep 0.5; b=$(uptime)
        [ $((b - a)) -lt 12 ] || echo "smp: a sleep on CPU $1 took $((b - a)) s"
    done
    echo "smp: watched $1"
}
watch 0 & w0=$!
watch 1 & w1=$!
taskset -p 1 $w0 >/dev/null && taskset -p 2 $w1 >/dev/null || echo "smp: no taskset"
(while [ -e /tmp/busy ]; do { pxl list && pxl vcpu-list; } >/dev/null || echo "smp: list failed"; pxl dmesg >/dev/null; done; echo "smp: asked") &
asks=$!
many a & a=$!
many b & b=$!
many c & c=$!
wait $a; wait $b; wait $c
rm /tmp/busy
wait $asks; wait $w0; wait $w1
n=50
while [ "$(free)" -lt "$before" ] && [ $n -gt 0 ]; do n=$((n - 1)); sleep 0.2; done
echo "smp: lost $((before - $(free))) of $before MiB"
pxl list | tail -n +3 | sed 's/^/smp: left: /'
'''


@cases(('philoxen',), *([('xen',)] if FULL else []))
def test_two_vcpus_make_and_destroy_domains_at_once(hv):
    rounds = 200 if FULL else 5
    image = script_image(f'smp-toolstack-{hv}', SCRIPT.replace('ROUNDS', str(rounds)), base='dom0/pxl.img',
                         files={'hello.elf': contents(built('pvguest/hello.elf'))})
    m = boot_linux(image, 'px.script=/px/test.sh quiet', hv=hv, dom0_mem=768, mem=1536, smp=2,
                   timeout=3600 if FULL else 300)
    if hv == 'philoxen':
        expect_well(m)
    expect(m, r'^PX-STATUS: 0')
    for name in 'abc':
        expect(m, rf'^smp: {name} made {rounds}$')
    for line in ('asked', 'watched 0', 'watched 1'):
        expect(m, rf'^smp: {line}$')
    lost = expect(m, r'^smp: lost (-?\d+) of \d+ MiB$')
    if int(lost[1]) > 1:  # of small objects' pages
        fail(m, lost[0])
    expect_none(m, r'^smp: (left|list failed|. was not|a sleep|no taskset)')
