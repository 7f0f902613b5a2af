# SPDX-License-Identifier: MIT
# In Dom0: disks and cards that are taken away, and a qemu-nbd that dies, while Linux (lin) and pvguest (pv-*) work on them.
kill $(cat /run/pxbackd.pid)
sleep 1
backend() { pxbackd -v -F --pid-file /run/pxbackd.pid 2>>/root/log & }
backend
mkdir -p /tmp/lin/px
cat >/tmp/lin/px/guest.sh <<'END'
modprobe -q xen-blkfront
n=100
until [ -e /dev/xvda ] && [ -e /dev/xvdc ] && [ -e /sys/class/net/eth0 ] || [ $n = 0 ]; do n=$((n - 1)); sleep 0.2; done
dd if=/dev/urandom of=/data bs=1M count=4 2>/dev/null
load() {
    n=0
    while [ ! -e /dev/xvdd ] && dd if=/data of=/dev/$1 bs=64k oflag=direct 2>/tmp/$1; do
        n=$((n + 1))
        [ $n = 2 ] && echo "$1 works"
    done
    [ -e /dev/xvdd ] || echo "$1 ends: $(grep -v records /tmp/$1)"
}
ip addr add 10.9.0.2/24 dev eth0
ip link set eth0 up
for disk in xvda xvdc; do load $disk & done
(while [ -e /sys/class/net/eth0 ]; do ping -q -c 1 -W 1 -s 30000 10.9.0.1 >/dev/null 2>&1; done; echo "eth0 ends") &
until [ -e /dev/xvdd ]; do sleep 0.5; done
dd if=/data of=/dev/xvdd bs=64k oflag=direct conv=fsync 2>/dev/null && echo "xvdd takes $(md5sum </data)"
wait
dmesg | grep -i -e 'blocked for more' -e BUG
echo "all ends"
END
chmod 755 /tmp/lin/px/guest.sh
(cd /tmp/lin && find . | cpio -o -H newc 2>/dev/null; cat /root/small.img) >lin.img
qemu-img create -q -f qcow2 c 16M
for f in a d e; do dd if=/dev/zero of=$f bs=1M count=16 2>/dev/null; done
cat >lin.cfg <<END
name = "lin"
kernel = "/root/vmlinuz"
ramdisk = "/root/lin.img"
memory = 192
vcpus = 2
disk = ["/root/a,raw,xvda,w,backendtype=qdisk", "/root/c,qcow2,xvdc,w,backendtype=qdisk"]
vif = ["bridge=br0"]
extra = "console=hvc0 quiet px.nonet px.script=/px/guest.sh"
END
pxl create lin.cfg || exit 1
for b in qdisk phy; do
    f=d
    [ $b = phy ] && f=e
    printf 'name = "pv-%s"\nkernel = "/px/disk.elf"\nmemory = 32\nextra = "loop=600"\ndisk = ["/root/%s,raw,xvda,w,backendtype=%s"]\n' $b $f $b >pv.cfg
    pxl create pv.cfg || exit 1
done
for disk in xvda xvdc; do says lin "$disk works" 120; done

echo "== qemu-nbd is killed"
kill -9 $(pidof qemu-nbd)
says lin "xvdc ends" 30
grep 'qemu-nbd' log
echo "== disks are taken away"
for guest in pv-qdisk pv-phy; do
    pxl block-detach --force $guest xvda || bad "no detach of $guest"
    ended $guest 60
    sed "s/^/$guest: /; s/\r//" $log/$guest.log
done
pxl block-detach --force lin xvdc || bad "no detach of xvdc"
pxl block-detach --force lin xvda || bad "no detach of xvda"
says lin "xvda ends" 30
echo "== the card is taken away"
pxl network-detach --force lin 0 || bad "no detach of the card"
says lin "eth0 ends" 60
echo "== others come"
pxl block-attach lin /root/d,raw,xvdd,w || bad "no attach of xvdd"
says lin "xvdd takes" 60
echo "there $(head -c 4194304 d | md5sum)"
says lin "all ends" 60
sed "s/^/lin: /; s/\r//" $log/lin.log
ended lin 60
leftovers
pidof qemu-nbd && bad "a qemu-nbd is left"
ls /run/pxl/backend | grep disk && bad "a journal is left"
losetup -a | grep . && bad "a loop device is left"
sort log | uniq -c
