# SPDX-License-Identifier: MIT
# The shell functions and files that the commands of the tests of xl begin with; MANY is set before.

# A DomU made of busybox and two modules, which says what it hears and which devices come and go.
for box in /usr/bin/busybox /px/busybox; do [ ! -x $box ] || break; done
mkdir -p /tmp/u/bin /tmp/u/sbin /tmp/u/dev /tmp/u/proc /tmp/u/sys
cp $box /tmp/u/bin/busybox
cp $(find /lib/modules/ -name xen-blkfront.ko -o -name xen-netfront.ko) /tmp/u/
cat >/tmp/u/init <<'E'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
insmod /xen-blkfront.ko
insmod /xen-netfront.ko
echo "domu: up, CPUs $(grep -c ^processor /proc/cpuinfo)"
while read -r line; do echo "domu: heard $line"; done </dev/console &
last=
while :; do
    sleep 1
    echo "domu: tick"
    now=$(echo $(ls /sys/block /sys/class/net | grep -E 'xvd|eth'))
    [ "$now" = "$last" ] || echo "domu: has [$now]"
    last=$now
done
E
printf '#!/bin/busybox sh\n/bin/busybox poweroff -f\n' >/tmp/u/sbin/poweroff # what Linux runs when it is told to go
chmod 755 /tmp/u/init /tmp/u/sbin/poweroff
(cd /tmp/u && find . | cpio -o -H newc 2>/dev/null) >/tmp/domu.img
cat >/tmp/lin.cfg <<E
name="lin"
kernel="/px/vmlinuz"
ramdisk="/tmp/domu.img"
extra="console=hvc0 quiet sysrq_always_enabled"
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

# What waits says nothing and fails when a minute is over.
log=/var/log/xen/guest-lin.log
until_true() {
    i=0
    while ! eval "$1"; do
        [ $i -lt 60 ] || return 1
        sleep 1
        i=$((i + 1))
    done
}
lines_like() { grep -sc "$1" $log || [ -e $log ] || echo 0; }
# lin has said so many more lines like this, or any since it is there
said() { n=$(($(lines_like "$1") + ${2:-1})); until_true "[ \$(lines_like '$1') -ge $n ]"; }
heard() { until_true "grep -sq '$1' $log"; }
gone() { until_true "! xl domid $1 >/dev/null 2>&1"; }
vcpus_up() { until_true "[ \"\$(xl list lin | awk 'NR == 2 { print \$4 }')\" = $1 ]"; }
has_mem() { until_true "[ \"\$(xl list lin | awk 'NR == 2 { print \$3 }')\" = $1 ]"; }
# its devices, as it said them last
has() { until_true "[ \"\$(grep 'domu: has' $log | tail -n 1 | tr -d '\\r')\" = 'domu: has [$1]' ]"; }

# Runs a command at a terminal of its own, which it is typed at through stdin; what it shows is in /tmp/con. Ctrl-] leaves a console.
at_tty() { script -q -c "$*" /tmp/con >/dev/null; }
leave() { printf '\035'; sleep 1; }

# what the hypervisor holds, before some domains came and after they went
grants() { xl dmesg -c >/dev/null; xl debug-keys g; xl dmesg | sed 's/\[[^]]*\]//g'; }
before() { /px/leftovers >/tmp/before; grants >/tmp/grants; }
after() {
    /px/leftovers 30 "$(cat /tmp/before)" >/tmp/after || { cat /tmp/before /tmp/after; return 1; }
    grants | diff /tmp/grants - && echo "all is as it was"
}
in_turn() {
    i=0
    while [ $i -lt "$1" ]; do
        xl create -q /tmp/hello.cfg && xl destroy hello || echo "fails at $i"
        i=$((i + 1))
    done
}
at_once() {
    for h in $(seq "$1"); do xl create -q /tmp/hello.cfg "name=\"h$h\"" || echo "fails at $h"; done
    xl list | wc -l
    for h in $(seq "$1"); do xl destroy "h$h" || echo "fails at $h"; done
}

step() {
    echo "px-begin $1"
    shift
    (eval "$*") 2>&1 </dev/null
    echo "px-end $?"
}
