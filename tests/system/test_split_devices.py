# SPDX-License-Identifier: MIT
"""Debian's kernel as DomU with a disk and a network card, made by pxl: from Dom0's kernel (xen-blkback, xen-netback) and from pxbackd."""

from harness import cases, expect, expect_none
from linux import boot_linux, expect_well, script_image

SCRIPT = r'''
cd /root
modprobe -a bridge xen-netback xen-blkback loop
ip link add br0 type bridge
ip link set br0 up
ip addr add 10.9.0.1/24 dev br0
dd if=/dev/urandom of=/root/disk bs=1M count=8 2>/dev/null
echo "before $(md5sum </root/disk)"
cat >guest.cfg <<'END'
name = "guest"
kernel = "/root/vmlinuz"
ramdisk = "/root/small.img"
memory = 192
vif = [ "bridge=br0,backendtype=@NIC@" ]
disk = [ "/root/disk,raw,xvda,rw,backendtype=@DISK@" ]
extra = 'console=hvc0 quiet px.nonet px.run="sh -c /bin/true; echo seen $(md5sum </dev/xvda); ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up; ping -q -c 3 10.9.0.1; ping -q -c 3 -s 30000 10.9.0.1; dd if=/dev/urandom of=/dev/xvda bs=1M count=8 conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; echo written $(md5sum </dev/xvda)"'
END
pxl create guest.cfg || exit 1
log=/var/log/pxl/console/guest.log
n=150
until grep -qs 'reboot: ' $log || [ $n = 0 ]; do
    n=$((n - 1))
    sleep 1
done
cat $log
n=30
while pxl domid guest >/dev/null 2>&1 && [ $n -gt 0 ]; do
    n=$((n - 1))
    sleep 1
done
pxl list
pxl domid guest 2>/dev/null && echo "split: the guest is still there"
xenstore-ls /local/domain/0/backend | grep -q frontend && echo "split: back ends are left"
ls /sys/class/net | grep -q vif && echo "split: an interface is left"
losetup | grep -q /root/disk && echo "split: a loop device is left"
echo "after $(md5sum </root/disk)"
'''


@cases(('philoxen', 'kernel'), ('philoxen', 'pxbackd'), ('xen', 'kernel'), ('xen', 'pxbackd'))
def test_a_linux_guest_has_a_disk_and_a_network(hv, back):
    script = SCRIPT.replace('@NIC@', back).replace('@DISK@', {'kernel': 'phy', 'pxbackd': 'qdisk'}[back])
    m = boot_linux(script_image(f'split-{hv}-{back}', script, base='dom0/pxl.img'), 'px.script=/px/test.sh', hv=hv, mem=1536,
                   dom0_mem=768)
    expect(m, r'^PX-STATUS: 0')
    before = expect(m, r'^before (\w+)')[1]
    expect(m, rf'^seen {before}')
    for _ in range(2):
        expect(m, r'3 packets transmitted, 3 packets received')
    expect_none(m, r'[12] packets received|100% packet loss')
    written = expect(m, r'^written (\w+)')[1]
    expect(m, rf'^after {written}')
    expect_none(m, r'^split: ')
    if hv == 'philoxen':
        expect_well(m)
