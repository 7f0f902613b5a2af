# SPDX-License-Identifier: MIT
# In Dom0: a Debian guest with everything by pxbackd (d1), one with everything by the kernel's back ends (d2), and what they do.
# vda: Debian with the same programs for Dom0; vdb, vdc: the guests' roots; vdd, vde: where they copy to; vdf: guest.sh in a tar;
# vdg: a GiB of random data; vdh, vdi: disks for everything else.
mkdir -p /debian
mount -t ext4 -o ro /dev/vda /debian && mount -t tmpfs t /debian/tmp && mount --bind /dev /debian/dev || exit 1
cp /debian/boot/vmlinuz-* kernel && cp /debian/boot/initrd.img-* initrd || exit 1
# Left out of their boots: what does nothing for this test, and the network, whose addresses come from here.
lean=
for unit in systemd-networkd.service systemd-networkd.socket systemd-network-generator.service systemd-resolved.service \
    systemd-journal-flush.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-update-utmp.service \
    systemd-update-utmp-runlevel.service modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service \
    modprobe@efi_pstore.service modprobe@fuse.service modprobe@loop.service e2scrub_reap.service timers.target; do
    lean="$lean systemd.mask=$unit"
done
# debian NAME KIND ROOT COPY CARD WORDS RAMDISK DISK VCPUS
debian() {
    cat >$1.cfg <<END
name = "$1"
kernel = "/root/kernel"
ramdisk = "$7"
memory = 448
vcpus = $9
cpu_weight = 64
disk = ["$3,raw,xvda,w,backendtype=$2", "$4,raw,xvdb,w,backendtype=$2", "/dev/vdf,raw,xvdc,r,backendtype=$2",
    "/dev/vdg,raw,xvdd,r,backendtype=$2", "$8,raw,xvde,w,backendtype=$2"]
vif = ["bridge=br0,backendtype=$5"]
extra = "console=hvc0 quiet $6$lean"
END
    pxl create $1.cfg || exit 1
}
debian d1 qdisk /dev/vdb /dev/vdd pxbackd "root=LABEL=dom0 ro" /root/initrd /dev/vdh $(grep -c ^processor /proc/cpuinfo)
cp /root/small.img small
debian d2 phy /dev/vdc /dev/vde kernel px.root=/dev/xvda /root/small /dev/vdi 1
login d1
login d2

for d in d1 d2; do
    ask $d busy busy
    ask $d copy copy /dev/xvdd /dev/xvdb
done
done_ d1 copy 1200
done_ d2 copy 1200
for d in d1 d2; do ask $d idle idle; done
ask d1 files files /dev/xvde
ask d2 files files /dev/xvde
done_ d1 files 600
done_ d2 files 600

# pxbackd is killed again and again while fio writes and verifies.
ask d2 fio verified /dev/xvde 128
ask d1 fio verified /dev/xvde 128
kills=0
until grep -q "^px-end fio" $log/d1.log || [ $kills = 30 ]; do
    sleep 2
    kill -9 $(cat /run/pxbackd.pid)
    [ $((kills % 3)) = 0 ] && sleep 1
    pxbackd --pid-file /run/pxbackd.pid
    kills=$((kills + 1))
done
echo "kills: $kills"
done_ d1 fio 600
done_ d2 fio 600

ask d1 network network 10.9.0.2
ask d2 network network 10.9.0.3
done_ d1 network 120
done_ d2 network 120
ask d1 ping pings 10.9.0.1
done_ d1 ping 600
ask d2 ping pings 10.9.0.1
done_ d2 ping 600
ask d1 across pings 10.9.0.3
done_ d1 across 600
chroot /debian iperf3 -s -D
ask d2 server iperf3 -s -D
ask d1 rates rates 10.9.0.1
done_ d1 rates 300
ask d2 rates rates 10.9.0.1
done_ d2 rates 300
ask d1 between rates 10.9.0.3
done_ d1 between 300
head -c 67108864 /dev/urandom >offered
/px/netload offer 7000 <offered &
echo "dom0 offers: $(md5sum <offered)"
ask d1 fetch fetch 10.9.0.1 7000
done_ d1 fetch 300
ask d1 offer offer 7000 64
ask d2 cross fetch 10.9.0.2 7000
done_ d1 offer 200
done_ d2 cross 300
ask d2 offer offer 7000 64
done_ d2 offer 200
echo "dom0 fetched: $(/px/netload fetch 10.9.0.3 7000 | md5sum)"
for d in d1 d2; do ask $d off poweroff; done
ended d1 120
ended d2 120
leftovers
