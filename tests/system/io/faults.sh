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
until [ -e /dev/xvda ] && [ -e /dev/xvdb ] && [ -e /dev/xvdc ] && [ -e /sys/class/net/eth0 ] || [ $n = 0 ]; do n=$((n - 1)); sleep 0.2; done
dd if=/dev/urandom of=/data bs=1M count=4 2>/dev/null
load() { # DISK FILE: until FILE is there; xvdb's to its first error
    n=0
    faults=0
    until [ -e $2 ]; do
        if dd if=/data of=/$1 bs=64k oflag=direct 2>/tmp/$1; then
            n=$((n + 1))
            [ $n = 2 ] && echo "$1 works after $faults faults"
            continue
        fi
        if [ $n != 0 ]; then
            n=0
            faults=$((faults + 1))
            echo "$1 ends: $(grep -v records /tmp/$1)"
            [ $1 != xvdb ] || return
        fi
        sleep 0.1
    done
}
ip addr add 10.9.0.2/24 dev eth0
ip link set eth0 up
mknod /xvda b 202 0 # they stay when their disks go
mknod /xvdb b 202 16
mknod /xvdc b 202 32
load xvdb /none &
for disk in xvda xvdc; do load $disk /dev/xvdd & loads="$loads $!"; done
(while [ -e /sys/class/net/eth0 ]; do ping -q -c 1 -W 1 -s 30000 10.9.0.1 >/dev/null 2>&1; done; echo "eth0 ends") &
loads="$loads $!"
until [ -e /dev/xvdd ]; do sleep 0.5; done
dd if=/data of=/dev/xvdd bs=64k oflag=direct conv=fsync 2>/dev/null && echo "xvdd takes $(md5sum </data)"
wait $loads
dmesg | grep -i -e 'blocked for more' -e BUG
echo "all ends"
wait
END
chmod 755 /tmp/lin/px/guest.sh
(cd /tmp/lin && find . | cpio -o -H newc 2>/dev/null; cat /root/small.img) >lin.img
qemu-img create -q -f qcow2 c 16M
for f in a b d e; do dd if=/dev/zero of=$f bs=1M count=16 2>/dev/null; done
cat >lin.cfg <<END
name = "lin"
kernel = "/root/vmlinuz"
ramdisk = "/root/lin.img"
memory = 192
vcpus = 2
disk = ["/root/a,raw,xvda,w,backendtype=qdisk", "/root/b,raw,xvdb,w,backendtype=phy", "/root/c,qcow2,xvdc,w,backendtype=qdisk"]
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
for disk in xvda xvdb xvdc; do says lin "$disk works" 120; done

echo "== qemu-nbd is killed"
kill -9 $(pidof qemu-nbd)
says lin "xvdc ends" 30
grep 'qemu-nbd' log
echo "== and comes back, when its image is there again"
mv c c.away
kill -HUP $(cat /run/pxbackd.pid)
sleep 1
mv c.away c
says lin "xvdc works after 1 faults" 30
echo "== disks are taken away"
for guest in pv-qdisk pv-phy; do
    pxl block-detach --force $guest xvda || bad "no detach of $guest"
    ended $guest 60
    sed "s/^/$guest: /; s/\r//" $log/$guest.log
done
pxl block-detach --force lin xvdc || bad "no detach of xvdc"
pxl block-detach --force lin xvda || bad "no detach of xvda"
says lin "xvda ends" 60
echo "== the card is taken away"
pxl network-detach --force lin 0 || bad "no detach of the card"
says lin "eth0 ends" 60
echo "== others come"
pxl block-attach lin /root/d,raw,xvdd,w || bad "no attach of xvdd"
says lin "xvdd takes" 60
echo "there $(head -c 4194304 d | md5sum)"
says lin "all ends" 60
echo "== the kernel's disk is taken away"
pxl block-detach --force lin xvdb || bad "no detach of xvdb"
n=20 # what is in the ring when xen-blkback goes has no answer: Linux may wait for it, and goes all the same
until grep -q "xvdb ends" $log/lin.log || [ $n = 0 ]; do n=$((n - 1)); sleep 1; done
[ $n != 0 ] || { echo "lin waits for xvdb"; pxl destroy lin; }
sed "s/^/lin: /; s/\r//" $log/lin.log
ended lin 60
leftovers
pidof qemu-nbd && bad "a qemu-nbd is left"
ls /run/pxl/backend | grep disk && bad "a journal is left"
losetup -a | grep . && bad "a loop device is left"
sort log | uniq -c
