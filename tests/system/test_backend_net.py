# SPDX-License-Identifier: MIT
"""pxbackd's network cards: Debian's kernel as DomU, on a bridge with Dom0 and with another guest."""

from harness import FULL, Skip, built, cases, expect, expect_none
from linux import archive, boot_linux, contents, expect_well, script_image

# In Dom0: attach DOMID KEY VALUE...: a card from pxbackd, as a toolstack writes it; guest NAME WORDS: creates one; and
# says FILE WORDS SECONDS: waits for words in a file.
LIBRARY = r'''
cat /px/guest.cpio /root/small.img >/root/guest.img
attach() {
    d=$1 f=/local/domain/$1/device/vif/0 b=/local/domain/0/backend/qnic/$1/0
    shift
    xenstore-write $f "" $b ""
    xenstore-chmod $f n$d r0
    xenstore-chmod $b n0 r$d
    xenstore-write $f/backend $b $f/backend-id 0 $f/handle 0 $f/mac 00:16:3e:00:00:0$d $f/mtu 1500
    xenstore-write $b/frontend $f $b/frontend-id $d $b/online 1 $b/handle 0 $b/script "" $b/type vif
    while [ $# != 0 ]; do
        xenstore-write $b/$1 "$2"
        shift 2
    done
    xenstore-write $b/state 1
    xenstore-write $f/state 1
}
detach() { xenstore-write /local/domain/0/backend/qnic/$1/0/online 0 /local/domain/0/backend/qnic/$1/0/state 5; }
guest() {
    cat >$1.cfg <<END
name = "$1"
kernel = "/root/vmlinuz"
ramdisk = "/root/guest.img"
memory = 192
vcpus = ${vcpus:-1}
extra = 'console=hvc0 quiet px.nonet px.script=/px/guest.sh $2'
END
    pxl create $1.cfg || exit 1
}
says() {
    n=$(($3 * 5))
    until grep -qs "$2" $1 || [ $n = 0 ]; do
        n=$((n - 1))
        sleep 0.2
    done
    [ $n != 0 ] || { echo "net: no '$2' in $1"; cat $1; xenstore-ls /local/domain/0/error; exit 1; }
}
gone() {
    n=100
    while { pxl domid $1 || xenstore-exists /local/domain/0/backend/qnic/$2/0/frontend; } >/dev/null 2>&1 && [ $n -gt 0 ]; do
        n=$((n - 1))
        sleep 0.1
    done
    [ $n != 0 ] || echo "net: $1 is still there"
}
log=/var/log/pxl/console
'''

# In a guest: px.ip=ADDRESS, and what to do.
GUEST = r'''
for word in $(cat /proc/cmdline); do
    case $word in px.ip=*|px.peer=*|px.do=*) eval "${word#px.}" ;; esac
done
n=300
until [ -e /sys/class/net/eth0 ] || [ $n = 0 ]; do n=$((n - 1)); sleep 0.1; done
ip addr add $ip/24 dev eth0
ip link set eth0 up
random() { dd if=/dev/urandom bs=1M count=$1 2>/dev/null; }
serve() {
    random 8 >/tmp/served
    echo "$ip serves $(md5sum </tmp/served)"
    /px/netload offer 7000 </tmp/served
}
fetch() { echo "$ip fetched from $1 $(/px/netload fetch $1 7000 | md5sum)"; }
pings() {
    for size in 0 1 17 55 56 1471 1472 1473 4000 8192 16384 30000 50000 65000; do
        ping -q -c 1 -W 5 -s $size $1 >/tmp/ping || { echo "net: no answer of $size bytes from $1"; cat /tmp/ping; }
    done
    echo "$ip pinged $1"
}
. /px/$do
'''


def guest_files(**scripts):
    """An archive that goes before the guests' initrd."""
    netload = contents(built('system/netload'))
    files = {'px/guest.sh': GUEST.encode(), 'px/netload': netload} | {f'px/{name}': s.encode() for name, s in scripts.items()}
    return {'guest.cpio': archive(files), 'netload': netload}


def run(hv, name, script, scripts, **options):
    m = boot_linux(script_image(f'{name}-{hv}', LIBRARY + script, guest_files(**scripts), base='dom0/pxl.img'),
                   'px.script=/px/test.sh', hv=hv, mem=1792, dom0_mem=1024, **options)
    expect(m, r'^PX-STATUS: 0')
    expect_none(m, r'^net: ')
    if hv == 'philoxen':
        expect_well(m)
    return m


def expect_transfer(m, server, client, which=''):
    sums = expect(m, rf'^{server} serves{which} (\w+)')[1]
    expect(m, rf'^{client} fetched from {server} {sums}')


BRIDGED = r'''
modprobe bridge
ip link add br0 type bridge
ip link set br0 up
ip addr add 10.9.0.1/24 dev br0
random() { dd if=/dev/urandom bs=1M count=$1 2>/dev/null; }
random 8 >/root/served
echo "10.9.0.1 serves $(md5sum </root/served)"
guest a "px.ip=10.9.0.2 px.do=first"
guest b "px.ip=10.9.0.3 px.do=second"
attach 1 bridge br0
attach 2 bridge br0
/px/netload offer 7000 </root/served
echo "10.9.0.1 fetched from 10.9.0.2 $(/px/netload fetch 10.9.0.2 7000 | md5sum)"
says $log/b.log "PX-STATUS" 60
cat $log/a.log $log/b.log
gone a 1
gone b 2
xenstore-ls /local/domain/0/backend/qnic
ls /sys/class/net | grep vif && echo "net: an interface is left"
ls /run/pxl/backend/taps | grep . && echo "net: a note is left"
true
'''

FIRST = r'''
pings 10.9.0.1
fetch 10.9.0.1
serve
random 8 >/tmp/served
echo "$ip serves again $(md5sum </tmp/served)"
/px/netload offer 7001 </tmp/served
'''

SECOND = r'''
pings 10.9.0.1
pings 10.9.0.2
echo "$ip fetched from 10.9.0.2 $(/px/netload fetch 10.9.0.2 7001 | md5sum)"
'''


@cases(('philoxen',), ('xen',))
def test_linux_guests_reach_dom0_and_each_other(hv):
    m = run(hv, 'backend-net', BRIDGED, {'first': FIRST, 'second': SECOND})
    expect(m, r'^10.9.0.2 pinged 10.9.0.1')
    expect(m, r'^10.9.0.3 pinged 10.9.0.1')
    expect(m, r'^10.9.0.3 pinged 10.9.0.2')
    expect_transfer(m, '10.9.0.1', '10.9.0.2')
    expect_transfer(m, '10.9.0.2', '10.9.0.1')
    expect_transfer(m, '10.9.0.2', '10.9.0.3', ' again')


LIFE = r'''
modprobe bridge
ip link add br0 type bridge
ip link set br0 up
ip addr add 10.9.0.1/24 dev br0
random() { dd if=/dev/urandom bs=1M count=$1 2>/dev/null; }
back=/local/domain/0/backend/qnic
restart() {
    kill -9 $(cat /run/pxbackd.pid)
    pxbackd --pid-file /run/pxbackd.pid
}
# until COMMAND...: at most ten seconds.
until_true() {
    n=100
    until "$@" >/dev/null 2>&1 || [ $n = 0 ]; do n=$((n - 1)); sleep 0.1; done
    [ $n != 0 ] || echo "net: not true: $*"
}
no() { ! "$@"; }

echo "== several queues, and a daemon that is killed"
vcpus=2 guest a "px.ip=10.9.0.2 px.do=life"
attach 1 bridge br0 multi-queue-max-queues 2
says $log/a.log "a is up" 60
ping -q -c 1 10.9.0.2
random 16 >/root/served
echo "10.9.0.1 serves $(md5sum </root/served)"
/px/netload offer 7000 </root/served &
offering=$!
sleep 0.5
restart
wait $offering
for i in 1 2 3; do
    restart
    until_true ping -q -c 1 -W 1 10.9.0.2 # while nobody is there, frames are lost
done
says $log/a.log "fetched from 10.9.0.1" 60

echo "== keys that change"
xenstore-write $back/1/0/mtu 1400
until_true grep -q 1400 /sys/class/net/vif1.0/mtu
xenstore-write $back/1/0/rate 20000,20000
sleep 0.5
start=$(cut -d. -f1 /proc/uptime)
/px/netload fetch 10.9.0.2 7000 | wc -c
took=$(($(cut -d. -f1 /proc/uptime) - start))
echo "4 MiB at 1 MB a second took $took s"
[ $took -ge 3 ] && [ $took -lt 20 ] || echo "net: the rate is not kept"
xenstore-write $back/1/0/rate ""

echo "== the front end begins anew"
says $log/a.log "a is back" 60
ping -q -c 1 -W 5 10.9.0.2 >/dev/null || echo "net: no answer from the new front end"

echo "== routed and translated"
guest b "px.ip=10.128.2.2 px.do=translated"
attach 2 mode nat
until_true xenstore-exists $back/2/0/gateway
xenstore-read $back/2/0/ip $back/2/0/gateway
says $log/b.log "b is done" 60
gone b 2
ip route | grep 10.128 && echo "net: a route is left"

echo "== a script"
cat >/root/vif-own <<'END'
#!/bin/sh
echo "script: $* vif=$vif $XENBUS_PATH"
ip link set $vif master br0 up
xenstore-write /local/domain/0/$XENBUS_PATH/hotplug-status connected
END
chmod +x /root/vif-own
guest c "px.ip=10.9.0.4 px.do=floods"
attach 3 script /root/vif-own
until_true ping -q -c 1 -W 1 10.9.0.4
xenstore-read $back/3/0/hotplug-status

echo "== destroyed under load, with and without a daemon"
until_true grep -q floods $log/c.log
pxl destroy c
gone c 3
kill -9 $(cat /run/pxbackd.pid)
pxl destroy a
pxl list
pxbackd --pid-file /run/pxbackd.pid
until_true no grep -q vif1.0 /proc/net/dev
cat $log/a.log $log/b.log $log/c.log
grep vif /proc/net/dev && echo "net: an interface is left"
ls /run/pxl/backend/taps | grep . && echo "net: a note is left"
pxl list | tail -n +2 | grep -v Domain-0 && echo "net: a domain is left"
true
'''

LIFE_GUEST = r'''
echo "queues: $(ls /sys/class/net/eth0/queues | tr '\n' ' ')"
echo "a is up"
fetch 10.9.0.1
random 4 >/tmp/served
/px/netload offer 7000 </tmp/served
cd /sys/bus/xen/drivers/vif
echo vif-0 >unbind
until [ ! -e /sys/class/net/eth0 ]; do sleep 0.1; done
echo vif-0 >bind
until [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
ip addr add $ip/24 dev eth0
ip link set eth0 up
ping -q -c 2 -W 5 10.9.0.1
echo "a is back"
while :; do sleep 1; done
'''

TRANSLATED_GUEST = r'''
ip route add default via 10.128.2.1
ping -q -c 2 -W 5 10.128.2.1
ping -q -c 2 -W 5 10.9.0.2 && echo "b reached a"
echo "b is done"
'''

FLOODS_GUEST = r'''
echo floods
while :; do ping -q -c 1 -W 1 -s 30000 10.9.0.1 >/dev/null; done
'''


@cases(('philoxen',), ('xen',))
def test_network_cards_live_and_die(hv):
    """Two minutes: FULL=1 for it."""
    if not FULL:
        raise Skip('with FULL=1')
    m = run(hv, 'backend-life', LIFE, {'life': LIFE_GUEST, 'translated': TRANSLATED_GUEST, 'floods': FLOODS_GUEST}, smp=2, timeout=500)
    expect(m, r'^queues: rx-0 rx-1 tx-0 tx-1')
    expect_transfer(m, '10.9.0.1', '10.9.0.2')
    expect(m, r'^b reached a')
    expect(m, r'^10\.128\.2\.1')
    expect(m, r'^connected')
