# SPDX-License-Identifier: MIT
"""Disks by pxbackd: Debian's kernel as DomU reads and writes them, also while pxbackd is killed again and again."""

from harness import FULL, cases, expect, expect_healthy, expect_none
from linux import boot_linux, expect_well, script_image

# Xen's part of what is common to both hypervisors' tables is short in test_split_devices.py.
HYPERVISORS = (('philoxen',), ('xen',)) if FULL else (('philoxen',),)

# What follows a disk's keys are the guest's script's words; the guest is paused until its disks are in the store.
LIBRARY = r'''
cd /root
# guest NAME SCRIPT: an image that runs the script
ramdisk() {
    mkdir -p /tmp/$1/px && cp $2 /tmp/$1/px/guest.sh && chmod 755 /tmp/$1/px/guest.sh
    (cd /tmp/$1 && find . | cpio -o -H newc 2>/dev/null; cat /root/small.img) >/root/$1.img
}
# guest NAME VCPUS WORDS
guest() {
    cat >$1.cfg <<END
name = "$1"
kernel = "/root/vmlinuz"
ramdisk = "/root/$1.img"
memory = 192
vcpus = $2
extra = "console=hvc0 quiet px.script=/px/guest.sh $3"
END
    pxl create --paused $1.cfg || exit 1
    id=$(pxl domid $1)
}
# disk NUMBER PARAMS MODE [KEY VALUE]...
disk() {
    B=/local/domain/0/backend/qdisk/$id/$1 F=/local/domain/$id/device/vbd/$1
    xenstore-write $F/backend $B $F/backend-id 0 $F/virtual-device $1 $F/device-type disk $F/state 1
    for key in '' /backend /backend-id /virtual-device /device-type /state; do xenstore-chmod $F$key n$id r0; done
    b=$B p=$2 m=$3
    shift 3
    while [ $# != 0 ]; do
        xenstore-write $b/$1 "$2"
        shift 2
    done
    xenstore-write $b/frontend $F $b/frontend-id $id $b/online 1 $b/params $p $b/mode $m $b/type qdisk $b/state 1
    xenstore-chmod -r $b n0 r$id
}
# until_ended NAME SECONDS
until_ended() {
    n=$2
    until grep -qs 'reboot: ' /var/log/pxl/console/$1.log || [ $n = 0 ]; do
        n=$((n - 1))
        sleep 1
    done
    cat /var/log/pxl/console/$1.log
}
backend() {
    pxbackd -v -F --pid-file /run/pxbackd.pid 2>>/root/log &
}
kill $(cat /run/pxbackd.pid)
sleep 1
backend
'''

DISKS = LIBRARY + r'''
dd if=/dev/urandom of=/root/a bs=1M count=8 2>/dev/null
cp a b
dd if=/dev/zero of=/root/c bs=1M count=8 2>/dev/null
cat >script <<'END'
while [ ! -e /dev/xvdc ]; do sleep 1; done
echo "seen $(md5sum </dev/xvda) ro $(md5sum </dev/xvdb) sizes $(cat /sys/block/xvda/queue/logical_block_size /sys/block/xvdc/queue/logical_block_size | xargs)"
dd if=/dev/zero of=/dev/xvdb bs=4k count=1 conv=fsync 2>/dev/null && echo "disk: a read-only one was written"
dd if=/dev/urandom of=/dev/xvda bs=1M count=8 conv=fsync 2>/dev/null
dd if=/dev/urandom of=/dev/xvdc bs=4k count=2048 oflag=direct 2>/dev/null || echo "disk: large sectors"
sync
dd if=/dev/urandom of=/dev/xvda bs=512 count=3 seek=5 oflag=direct 2>/dev/null
dd if=/dev/xvda of=/dev/null bs=512 count=4 skip=3 iflag=direct 2>/dev/null
blkdiscard -o 0 -l 4194304 /dev/xvda && echo "discarded"
echo 3 >/proc/sys/vm/drop_caches
echo "written $(md5sum </dev/xvda) large $(md5sum </dev/xvdc)"
echo "discard $(cat /sys/block/xvda/queue/discard_max_bytes)"
echo "now grow"
n=30
until [ "$(cat /sys/block/xvda/size)" != 16384 ] || [ $n = 0 ]; do n=$((n - 1)); sleep 1; done
echo "size $(cat /sys/block/xvda/size)"
dmesg | grep -i -e blkfront -e xvda
END
ramdisk plain script
guest plain 1
disk 51712 raw:/root/a w
disk 51728 aio:/root/b r
disk 51744 /root/c w sector-size 4096
pxl unpause plain
n=100
until grep -qs '^now grow' /var/log/pxl/console/plain.log || [ $n = 0 ]; do n=$((n - 1)); sleep 1; done
echo "after $(md5sum </root/a) large $(md5sum </root/c)"
xenstore-ls -f /local/domain/0/backend/qdisk
truncate -s 12M /root/a
kill -HUP $(cat /run/pxbackd.pid)
until_ended plain 60
sleep 2
ls /run/pxl/backend | grep disk && echo "disk: a journal is left"
pxl list
cat /root/log
grep -q 'disconnected' /root/log || echo "disk: nothing was disconnected"
'''

KILLS = LIBRARY + r'''
dd if=/dev/zero of=/root/a bs=1M count=12 2>/dev/null
cat >script <<'END'
while [ ! -e /dev/xvda ]; do sleep 1; done
dd if=/dev/urandom of=/data bs=1M count=12 2>/dev/null
sum=$(md5sum </data)
echo "ready"
for pass in 1 2 3 4 5 6; do
    dd if=/data of=/dev/xvda bs=$((pass * 12))k oflag=direct 2>/dev/null || echo "disk: writing failed in pass $pass"
    got=$(dd if=/dev/xvda bs=256k iflag=direct 2>/dev/null | md5sum)
    [ "$got" = "$sum" ] || echo "disk: pass $pass read $got and not $sum"
    dd if=/dev/zero of=/dev/xvda bs=64k count=40 conv=fsync 2>/dev/null
done
dd if=/data of=/dev/xvda bs=4k conv=fsync 2>/dev/null
echo "done $sum"
END
ramdisk busy script
guest busy 2 'xen_blkfront.max_ring_page_order=2 xen_blkfront.max_indirect_segments=64'
disk 51712 raw:/root/a w
pxl unpause busy
n=60
until grep -qs '^ready' /var/log/pxl/console/busy.log || [ $n = 0 ]; do n=$((n - 1)); sleep 1; done
echo "queues $(xenstore-read /local/domain/$id/device/vbd/51712/multi-queue-num-queues) order $(xenstore-read /local/domain/$id/device/vbd/51712/ring-page-order)"
kills=0
until grep -qs '^done' /var/log/pxl/console/busy.log || [ $kills = 40 ]; do
    kill -9 $(cat /run/pxbackd.pid)
    backend
    kills=$((kills + 1))
    usleep 700000
done
echo "kills $kills"
until_ended busy 60
echo "after $(md5sum </root/a)"
grep -c 'taken over' /root/log
sort /root/log | uniq -c
'''

# A full file system, a block device that is taken away, an image of QEMU's, and at last the guest's end while it writes.
FAULTS = LIBRARY + r'''
mkdir /tmp/small && mount -t tmpfs -o size=2m t /tmp/small
truncate -s 8M /tmp/small/b
qemu-img create -q -f qcow2 /root/c 16M
modprobe null_blk nr_devices=0
mount -t configfs c /sys/kernel/config 2>/dev/null
mkdir /sys/kernel/config/nullb/nullb0
cd /sys/kernel/config/nullb/nullb0 && echo 8 >size && echo 1 >memory_backed && echo 1 >power
cd /root
cat >script <<'END'
while [ ! -e /dev/xvdc ]; do sleep 1; done
dd if=/dev/urandom of=/data bs=1M count=4 2>/dev/null
dd if=/data of=/dev/xvdb bs=64k oflag=direct 2>/dev/null && echo "disk: more was written than there is room for"
dd if=/data of=/dev/xvdb bs=64k count=8 oflag=direct 2>/dev/null || echo "disk: what has room was not written"
dd if=/data of=/dev/xvda bs=64k oflag=direct 2>/dev/null || echo "disk: the device failed too early"
dd if=/data of=/dev/xvdc bs=64k oflag=direct conv=fsync 2>/dev/null || echo "disk: qcow2 failed"
dd if=/data of=/dev/xvdc bs=1M seek=7 oflag=direct conv=fsync 2>/dev/null || echo "disk: qcow2 failed"
echo 3 >/proc/sys/vm/drop_caches
[ "$(dd if=/dev/xvdc bs=1M count=4 2>/dev/null | md5sum)" = "$(md5sum </data)" ] || echo "disk: qcow2 reads something else"
echo "images $(md5sum </data) $(md5sum </dev/xvdc)"
echo "take it"
n=30
while dd if=/data of=/dev/xvda bs=64k oflag=direct 2>/dev/null && [ $n != 0 ]; do n=$((n - 1)); sleep 1; done
dd if=/data of=/dev/xvda bs=64k count=1 oflag=direct 2>/dev/null && echo "disk: a device that is gone was written"
echo "taken"
while :; do
    dd if=/data of=/dev/xvdc bs=64k 2>/dev/null
    dd if=/data of=/dev/xvdd bs=16k oflag=direct 2>/dev/null
done
END
seen() {
    n=90
    until grep -qs "^$1" /var/log/pxl/console/faults.log || [ $n = 0 ]; do n=$((n - 1)); sleep 1; done
}
dd if=/dev/zero of=/root/d bs=1M count=8 2>/dev/null
ramdisk faults script
guest faults 1 xen_blkfront.feature_persistent=0
disk 51760 raw:/root/d w
disk 51712 raw:/dev/nullb0 w
disk 51728 raw:/tmp/small/b w
disk 51744 qcow2:/root/c w
pxl unpause faults
seen images
kill -9 $(cat /run/pxbackd.pid)
backend
n=30
until [ $(grep -c 'taken over' /root/log) = 4 ] || [ $n = 0 ]; do n=$((n - 1)); sleep 1; done
seen 'take it'
echo 0 >/sys/kernel/config/nullb/nullb0/power
seen taken
sleep 2
pxl destroy faults
n=10
while ps | grep '[q]emu-nbd' && [ $n != 0 ]; do n=$((n - 1)); sleep 1; done
ps | grep '[q]emu-nbd' && echo "disk: a qemu-nbd is left"
ls -l /proc/$(cat /run/pxbackd.pid)/fd | grep -e /root/c -e /root/d -e nullb -e small && echo "disk: an image is open yet"
pxl list
pxl list | grep -q -e faults -e null && echo "disk: a zombie is left"
ls /run/pxl/backend | grep disk && echo "disk: a journal is left"
grep -v 'I/O error' /var/log/pxl/console/faults.log
qemu-img convert -f qcow2 -O raw /root/c /root/raw
echo "there $(md5sum </root/raw | cut -c1-32) $(ls -l /root/raw)"
cat /root/log
'''


def run(name, script, hv, base='dom0/pxl.img', dom0_mem=768):
    m = boot_linux(script_image(f'{name}-{hv}', script, base=base), 'px.script=/px/test.sh', hv=hv, mem=dom0_mem + 768,
                   dom0_mem=dom0_mem)
    expect(m, r'^PX-STATUS: 0')
    expect_none(m, r'^disk: ')
    return m


@cases(*HYPERVISORS)
def test_a_linux_guest_has_disks_by_pxbackd(hv):
    m = run('backend-disk', DISKS, hv)
    seen = expect(m, r'^seen (\w+)  - ro (\w+)  - sizes 512 4096')
    assert seen[1] == seen[2]
    written = expect(m, r'^written (\w+)  - large (\w+)')
    expect(m, rf'^after {written[1]}  - large {written[2]}')
    expect(m, r'^discarded')
    expect(m, r'^size 24576')
    if hv == 'philoxen':
        expect_well(m)


@cases(*HYPERVISORS)
def test_a_guest_does_not_notice_that_pxbackd_is_killed(hv):
    m = run('backend-kills', KILLS, hv)
    done = expect(m, r'^done (\w+)')
    expect(m, r'^queues 2 order 2')
    expect(m, rf'^after {done[1]}')
    assert int(expect(m, r'^kills (\d+)')[1]) >= 3
    if hv == 'philoxen':
        expect_well(m)


@cases(*HYPERVISORS)
def test_storage_and_guests_that_fail_under_pxbackd_harm_nobody_else(hv):
    m = run('backend-faults', FAULTS, hv, base='dom0/qemu.img', dom0_mem=1024)
    expect(m, r'^images \w+')
    expect(m, r'^taken')
    expect(m, r'qdisk \d+/51728: writing at sector \d+: No space left on device')
    expect(m, r'^there \w+ .* 16777216 ')
    if hv == 'philoxen':
        expect_healthy(m)
