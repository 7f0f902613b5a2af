# SPDX-License-Identifier: MIT
"""pvguest's front ends with pxbackd and with the kernel's back ends: data, attach and detach; hostile front ends."""

import os

from harness import FULL, built, cases, expect, expect_none
from linux import boot_linux, contents, expect_well, script_image

LIBRARY = contents(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'io', 'dom0.sh')).decode()

DISKS = LIBRARY + r'''
dd if=/dev/urandom of=one bs=1M count=8 2>/dev/null
dd if=/dev/urandom of=two bs=1M count=3 2>/dev/null
dd if=/dev/zero of=last bs=512 count=1 2>/dev/null
echo "two is $(/px/cksum <two)"
for b in qdisk phy; do
    disks="disk = [ \"/root/one,raw,xvda,rw,backendtype=$b\", \"/root/two,raw,xvdb,ro,backendtype=$b\" ]"
    echo "$b one is $(/px/cksum <one)"
    guest fill-$b disk "sum fill=7" "$disks"
    show fill-$b
    guest other-$b disk "verify=7 speed" "$disks"
    guest ro-$b disk "disk=1 sum fill=1" "disk = [ \"/root/last,raw,xvda,rw,backendtype=$b\", \"/root/two,raw,xvdb,ro,backendtype=$b\" ]"
    show other-$b
    show ro-$b
    guest hot-$b disk hot
    pxl block-attach hot-$b /root/two,raw,xvdc,ro,backendtype=$b
    says hot-$b 'disk 51744: cksum' 30
    pxl block-detach hot-$b xvdc
    says hot-$b 'disk 51744: gone' 30
    pxl block-attach hot-$b /root/last,raw,xvdd,rw,backendtype=$b
    show hot-$b
done
guest busy disk "loop=6" 'disk = [ "/root/one,raw,xvda,rw,backendtype=qdisk" ]'
for kill in 1 2 3 4; do
    sleep 1
    kill -9 $(cat /run/pxbackd.pid)
    sleep 0.$kill
    pxbackd --pid-file /run/pxbackd.pid
done
show busy
leftovers
'''

CARDS = LIBRARY + r'''
for b in pxbackd kernel; do
    card="vif = [ \"bridge=br0,backendtype=$b\" ]"
    guest server-$b net "ip=10.9.0.2/24"
    pxl network-attach server-$b bridge=br0,backendtype=$b
    says server-$b 'net: address' 30
    n=20
    until ping -q -c 1 -W 1 10.9.0.2 >/dev/null || [ $n = 0 ]; do n=$((n - 1)); done
    for size in 0 1 18 56 1000 1472 1473 4000 16000 40000 65000; do
        ping -q -c 2 -s $size 10.9.0.2 | sed -n "s/^\(. packets.*\)/$b ping $size: \1/p"
    done
    echo "$b $(/px/tcppeer 10.9.0.2 8)"
    guest client-$b net "ip=10.9.0.3/24 echo=10.9.0.2 put=10.9.0.2 mib=8 for=1" "$card"
    show client-$b
    pxl network-detach server-$b 0
    show server-$b
done
guest nat net for=4 'vif = [ "script=vif-nat" ]'
says nat 'net: address' 30
address=$(sed -n 's/^net: address //p' /var/log/pxl/console/nat.log)
ping -q -c 2 $address | sed -n "s/^\(. packets.*\)/nat ping: \1/p"
show nat
leftovers
'''
SIZES = (0, 1, 18, 56, 1000, 1472, 1473, 4000, 16000, 40000, 65000)


def boot(name, script, hv, files):
    files = {name: contents(built(path)) for name, path in files.items()}
    return boot_linux(script_image(f'{name}-{hv}', script, files, base='dom0/pxl.img'), 'px.script=/px/test.sh', hv=hv,
                      mem=1536, dom0_mem=640)


@cases(('philoxen',), ('xen',))
def test_pvguest_disks(hv):
    m = boot('pvdisks', DISKS, hv, {'disk.elf': 'pvguest/disk.elf', 'cksum': 'system/cksum'})
    two = expect(m, r'^two is (\d+ \d+)')[1]
    for b in ('qdisk', 'phy'):
        one = expect(m, rf'^{b} one is (\d+ \d+)')[1]
        expect(m, rf'^fill-{b}: disk 51712: 8388608 bytes')
        expect(m, rf'^fill-{b}: disk 51712: cksum {one}$')
        expect(m, rf'^fill-{b}: disk: end: good')
        expect(m, rf'^other-{b}: disk 51712: random write 4k')
        expect(m, rf'^other-{b}: disk: end: good')
        expect(m, rf'^ro-{b}: disk 51728: cksum {two}$')
        expect(m, rf'^ro-{b}: disk: end: EROFS')
        expect(m, rf'^hot-{b}: disk 51744: cksum {two}$')
        expect(m, rf'^hot-{b}: disk 51744: gone')
        expect(m, rf'^hot-{b}: disk: end: good')
    expect(m, r'^busy: disk 51712: [1-9]\d* rounds')
    expect(m, r'^busy: disk: end: good')
    expect_none(m, r'^io: ')
    if hv == 'philoxen':
        expect_well(m)


@cases(('philoxen',), ('xen',))
def test_pvguest_cards(hv):
    m = boot('pvcards', CARDS, hv, {'net.elf': 'pvguest/net.elf', 'tcppeer': 'system/tcppeer'})
    for b in ('pxbackd', 'kernel'):
        for size in SIZES:
            expect(m, rf'^{b} ping {size}: 2 packets transmitted, 2 packets received')
        expect(m, rf'^{b} tcppeer: good')
        expect(m, rf'^client-{b}: net: 8 MiB to 10.9.0.2:7: good')
        expect(m, rf'^client-{b}: net: 8 MiB to 10.9.0.2:9: good')
        expect(m, rf'^client-{b}: net: end: good')
        expect(m, rf'^server-{b}: net: gone')
    expect(m, r'^nat: net: address 10\.\d+\.\d+\.2$')
    expect(m, r'^nat ping: 2 packets transmitted, 2 packets received')
    expect(m, r'^nat: net: end: good')
    expect_none(m, r'^io: ')
    if hv == 'philoxen':
        expect_well(m)


HOSTILE = LIBRARY + r'''
for f in bad good; do dd if=/dev/zero of=$f bs=1M count=4 2>/dev/null; done
backend=/local/domain/0/backend
for b in BACKENDS; do
    n=pxbackd
    [ $b = phy ] && n=kernel
    guest good-$b disk loop=20 "disk = [ \"/root/good,raw,xvda,rw,backendtype=$b\" ]"
    guest peer-$b net "ip=10.9.0.2/24" "vif = [ \"bridge=br0,backendtype=$n\" ]"
    guest bad-$b badfront vbd=51712 "disk = [ \"/root/bad,raw,xvda,rw,backendtype=$b\" ]" 'vcpus = 2'
    guest worse-$b badfront vif=0 "vif = [ \"bridge=br0,backendtype=$n\" ]" 'vcpus = 2'
    says peer-$b 'net: address' 30
    rounds=0
    while pxl domid bad-$b >/dev/null 2>&1 || pxl domid worse-$b >/dev/null 2>&1; do
        /px/tcppeer 10.9.0.2 1 | grep -q good || bad "$b: another guest's network suffers"
        rounds=$((rounds + 1))
        [ $rounds = 90 ] && break
        sleep 1
    done
    pxl destroy bad-$b 2>/dev/null && bad "bad-$b does not end"
    pxl destroy worse-$b 2>/dev/null && bad "worse-$b does not end"
    show bad-$b
    show worse-$b
    show good-$b
    pxl destroy peer-$b
    show peer-$b
    guest after-$b disk fill=3 "disk = [ \"/root/bad,raw,xvda,rw,backendtype=$b\" ]"
    show after-$b
done
leftovers
pidof pxbackd >/dev/null || bad "pxbackd has died"
tail -20 /var/log/pxl/pxbackd.log 2>/dev/null
true
'''


@cases(('philoxen',), ('xen',))
def test_hostile_front_ends(hv):
    backends = ('qdisk', 'phy') if FULL else ('qdisk',)
    files = {'disk.elf': 'pvguest/disk.elf', 'net.elf': 'pvguest/net.elf', 'tcppeer': 'system/tcppeer',
             'badfront.elf': 'system/badfront.elf'}
    m = boot('badfronts', HOSTILE.replace('BACKENDS', ' '.join(backends)), hv, files)
    for b in backends:
        expect(m, rf'^bad-{b}: badfront: end')
        expect(m, rf'^worse-{b}: badfront: end')
        expect(m, rf'^good-{b}: disk: end: good')
        expect(m, rf'^after-{b}: disk: end: good')
    expect_none(m, r'^io: ')
