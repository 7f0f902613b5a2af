# SPDX-License-Identifier: MIT
"""Guests that xl starts with a disk and a network card from Dom0's kernel: ours, Debian's kernels, and GRUB that loads one."""

import os
import subprocess
import tempfile

from commands import script
from harness import built
from linux import archive, boot_linux, contents, disk, script_image, stored

# In each Linux guest: reads the disk, pings Dom0, writes to the disk, and says how it went.
GUEST = r'''
killall udhcpc 2>/dev/null
ip addr flush dev eth0
ip addr add 10.9.0.2/24 dev eth0
ip link set eth0 up
echo "guest: $(uname -r | tr -d 0-9.-), CPUs $(nproc), words [$(sed 's/px.*//' /proc/cmdline)]"
echo "guest: disk of $(cat /sys/block/xvda/size) sectors, read-only $(cat /sys/block/xvda/ro)"
echo "read $(dd if=/dev/xvda bs=1M 2>/dev/null | md5sum)"
i=0
until ping -q -c 1 -W 1 10.9.0.1 >/dev/null || [ $i = 60 ]; do i=$((i + 1)); done
ping -q -c 3 10.9.0.1 | grep received | sed 's/^/guest: /'
ping -q -c 3 -s 30000 10.9.0.1 | grep received | sed 's/^/guest: large: /'
dd if=/dev/urandom of=/tmp/data bs=1M count=8 2>/dev/null
if dd if=/tmp/data of=/dev/xvda bs=1M conv=fsync 2>/dev/null; then echo "written $(md5sum </tmp/data)"; else echo "guest: cannot write"; fi
echo 3 >/proc/sys/vm/drop_caches
[ "$(md5sum </tmp/data)" = "$(dd if=/dev/xvda bs=1M count=8 2>/dev/null | md5sum)" ] && echo "guest: what was written is read"
grep -c xen /proc/interrupts >/dev/null && echo "guest: done"
'''

GRUB = """set timeout=0
menuentry "Linux" {
    linux /boot/vmlinuz console=hvc0 quiet px.script=/px/test.sh
    initrd /boot/initrd
}
"""

START = r'''
modprobe -a bridge xen-netback xen-blkback loop
ip link add br0 type bridge; ip link set br0 up; ip addr add 10.9.0.1/24 dev br0
dd if=/dev/urandom of=/tmp/disk bs=1M count=8 2>/dev/null
words='console=hvc0 quiet px.script=/px/test.sh'
# config NAME KERNEL INITRD VCPUS DISK
config() {
    cat >/tmp/$1.cfg <<E
name="$1"
kernel="/px/$2"
memory=256
vcpus=$4
vif=["bridge=br0"]
disk=["$5"]
E
    [ ! "$3" ] || printf 'ramdisk="/px/%s"\nextra="%s"\n' $3 "$words" >>/tmp/$1.cfg
}
sum() { dd if=$1 bs=1M 2>/dev/null | md5sum | cut -c1-32; }
# runs a guest to its end and says what it said; what it read and what it wrote must be what the disk has
guest() {
    name=$1; file=$2; log=/var/log/xen/guest-$name.log
    was=$(sum $file)
    xl create -q /tmp/$name.cfg || return 1
    i=0; while [ $i -lt 240 ] && xl domid $name >/dev/null 2>&1; do sleep 1; i=$((i + 1)); done
    tr -d '\r' <$log | grep -aE '^guest:|Kernel panic|Oops'
    grep -q "^read $was" $log && echo 'it read what was there'
    if grep -q '^written' $log; then grep -q "^written $(sum $file)" $log && echo 'what it wrote is there'; fi
    xl list | tail -n +2 | awk '{ print $1 }'; xenstore-ls -f | grep -cE '/(vbd|vif)/'; losetup -a | wc -l
}
'''

STEPS = [
    ('hello', 'xl create -q /px/hello.cfg; gone hello; grep -aE "^(Hello|memory)" /var/log/xen/guest-hello.log; xl list', 'text'),
    ('sleep', 'xl create -q /px/sleep.cfg; until_true "grep -qs asleep /var/log/xen/guest-sleep.log"; '
     'tail -n 1 /var/log/xen/guest-sleep.log; xl list; xl destroy sleep; xl list', 'text'),
    ('Debian 1 vCPU', 'config debian1 vmlinuz guest.img 1 file:/tmp/disk,xvda,w; guest debian1 /tmp/disk', 'text'),
    ('Debian 2 vCPUs', 'config debian2 vmlinuz guest.img 2 file:/tmp/disk,xvda,w; guest debian2 /tmp/disk', 'text'),
    ('cloud 1 vCPU', 'config cloud1 cloud cloud.img 1 file:/tmp/disk,xvda,w; guest cloud1 /tmp/disk', 'text'),
    ('cloud 2 vCPUs', 'config cloud2 cloud cloud.img 2 file:/tmp/disk,xvda,w; guest cloud2 /tmp/disk', 'text'),
    ('read-only disk', 'config readonly vmlinuz guest.img 1 file:/tmp/disk,xvda,r; guest readonly /tmp/disk', 'text'),
    ('GRUB loads Debian', 'config grub1 grub.bin "" 1 phy:/dev/vda,xvda,r; guest grub1 /dev/vda', 'text'),
    ('GRUB loads Debian, 2 vCPUs', 'config grub2 grub.bin "" 2 phy:/dev/vda,xvda,r; guest grub2 /dev/vda', 'text'),
    ('a hostile guest', 'xl create -q /px/unprivileged.cfg; gone unprivileged; cat /var/log/xen/guest-unprivileged.log', 'text'),
    ('nothing left', 'before; config last vmlinuz guest.img 2 file:/tmp/disk,xvda,w; guest last /tmp/disk >/dev/null; after; xl list', 'text'),
]


def boot(hv, _many, watch):
    guest = archive({'px/test.sh': GUEST.encode()})
    config = 'name="{0}"\nkernel="/px/{0}.elf"\nmemory=16\n'
    files = {'vmlinuz': contents(built('dom0/vmlinuz')), 'cloud': contents(built('dom0/cloud/vmlinuz')),
             'guest.img': guest + contents(built('dom0/small.img')), 'cloud.img': guest + contents(built('dom0/cloud.img')),
             'grub.bin': contents(built('dom0/grub/grub-x86_64-xen.bin')), 'leftovers': contents(built('system/leftovers'))}
    for name, folder in (('hello', 'pvguest'), ('sleep', 'pvguest'), ('unprivileged', 'system')):
        files[name + '.elf'] = contents(built(f'{folder}/{name}.elf'))
        files[name + '.cfg'] = config.format(name).encode()
    image = script_image(f'xl-guests-{hv}', script(STEPS, start=START), base='dom0/xl.img', files=files)
    return boot_linux(image, 'px.script=/px/test.sh quiet', hv=hv, dom0_mem=1280, mem=4096, timeout=1200,
                      hv_args='loglvl=error', watch=watch, extra=disk('virtio-blk', 'q35', grub_disk(hv)))


def grub_disk(hv):
    """A disk with GRUB's configuration, a kernel and its initrd, where Debian has them."""
    path = stored(f'xl-grub-{hv}.ext4', lambda: bytes(48 << 20))
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, 'boot', 'grub'))
        for name, data in (('grub/grub.cfg', GRUB.encode()), ('vmlinuz', contents(built('dom0/vmlinuz'))),
                           ('initrd', archive({'px/test.sh': GUEST.encode()}) + contents(built('dom0/small.img')))):
            with open(os.path.join(folder, 'boot', name), 'wb') as f:
                f.write(data)
        subprocess.run(['mke2fs', '-q', '-F', '-t', 'ext4', '-L', 'guest', '-d', folder, path], check=True,
                       env=os.environ | {'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'})
    return path
