# SPDX-License-Identifier: MIT
"""Disks by pxbackd: Debian's kernel as DomU reads and writes them, also while pxbackd is killed again and again."""

from harness import cases, expect, expect_none
from linux import boot_linux, expect_well, script_image

# What follows a disk's keys are the guest's script's words; the guest is paused until its disks are in the store.
LIBRARY = r'''
cd /root
# guest NAME SCRIPT: an image that runs the script
ramdisk() {
    mkdir -p /tmp/$1/px && cp $2 /tmp/$1/px/guest.sh && chmod 755 /tmp/$1/px/guest.sh
    (cd /tmp/$1 && find . | cpio -o -H newc 2>/dev/null; cat /root/small.img) >/root/$1.img
}
# guest NAME
guest() {
    printf 'name = "%s"\nkernel = "/root/vmlinuz"\nramdisk = "/root/%s.img"\nmemory = 192\nvcpus = 1\nextra = "console=hvc0 quiet px.script=/px/guest.sh"\n' $1 $1 >$1.cfg
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
echo 3 >/proc/sys/vm/drop_caches
echo "written $(md5sum </dev/xvda) large $(md5sum </dev/xvdc)"
blkdiscard /dev/xvda -o 0 -l 4194304 2>/dev/null && echo "discarded"
echo "discard $(cat /sys/block/xvda/queue/discard_max_bytes)"
echo "now grow"
n=30
until [ "$(cat /sys/block/xvda/size)" != 16384 ] || [ $n = 0 ]; do n=$((n - 1)); sleep 1; done
echo "size $(cat /sys/block/xvda/size)"
dmesg | grep -i -e blkfront -e xvda
END
ramdisk plain script
guest plain
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
guest busy
disk 51712 raw:/root/a w
pxl unpause busy
n=60
until grep -qs '^ready' /var/log/pxl/console/busy.log || [ $n = 0 ]; do n=$((n - 1)); sleep 1; done
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


def run(name, script, hv):
    m = boot_linux(script_image(f'{name}-{hv}', script, base='dom0/pxl.img'), 'px.script=/px/test.sh', hv=hv, mem=1536,
                   dom0_mem=768)
    expect(m, r'^PX-STATUS: 0')
    expect_none(m, r'^(pxl: )?disk: ')
    if hv == 'philoxen':
        expect_well(m)
    return m


@cases(('philoxen',), ('xen',))
def test_a_linux_guest_has_disks_by_pxbackd(hv):
    m = run('backend-disk', DISKS, hv)
    seen = expect(m, r'^seen (\w+)  - ro (\w+)  - sizes 512 4096')
    assert seen[1] == seen[2]
    written = expect(m, r'^written (\w+)  - large (\w+)')
    expect(m, rf'^after {written[1]}  - large {written[2]}')
    expect(m, r'^discarded')
    expect(m, r'^size 24576')


@cases(('philoxen',), ('xen',))
def test_a_guest_does_not_notice_that_pxbackd_is_killed(hv):
    m = run('backend-kills', KILLS, hv)
    done = expect(m, r'^done (\w+)')
    expect(m, rf'^after {done[1]}')
    assert int(expect(m, r'^kills (\d+)')[1]) >= 3
