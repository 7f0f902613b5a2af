# SPDX-License-Identifier: MIT
# In a Debian guest, logged in at its console: what is typed is `STEP COMMAND`, what comes back ends with `px-end STEP STATUS`.
stty -echo
dmesg -n 1
cd /root

# busy: something to compute while there is nothing else to do, until idle
busy() {
    nice -n 19 sh -c 'while :; do :; done' &
    echo $! >/run/busy
}
idle() { kill "$(cat /run/busy)"; }

# copy FROM TO: a GiB, and the sum of what was read; make test-io looks at what was written
copy() {
    local sum
    mkfifo /run/copy
    dd of="$2" bs=1M iflag=fullblock oflag=direct conv=fsync status=none </run/copy &
    sum=$(dd if="$1" bs=1M iflag=direct status=none | tee /run/copy | md5sum)
    wait $! && echo "copied $sum"
}

verified() { # DISK MIB
    fio --name=v --filename="$1" --size="$2M" --rw=randrw --bsrange=512-128k --direct=1 --ioengine=libaio --iodepth=16 --end_fsync=1 \
        --verify=crc32c --verify_fatal=1 --verify_backlog=4096 --output-format=terse --terse-version=3 >/run/fio || { cat /run/fio; return 1; }
    echo "fio: $(cut -d ';' -f 5,6,7,47,48 /run/fio)"
}

# files DISK: an ext4 that is filled to the brim, checked and compared
files() {
    mkfs.ext4 -q -F "$1" 192m && mount "$1" /mnt && cp -a /usr/bin /usr/sbin /mnt || return 1
    dd if=/dev/zero of=/mnt/fill bs=1M status=none 2>/run/full && return 1
    grep -q 'No space left' /run/full || return 1
    umount /mnt && e2fsck -f -n "$1" && mount -o ro "$1" /mnt || return 1
    diff -r --no-dereference /usr/bin /mnt/bin && diff -r --no-dereference /usr/sbin /mnt/sbin && umount /mnt && echo "files are the same"
}

network() { # ADDRESS
    local card
    card=$(basename /sys/class/net/e*)
    ip addr flush dev "$card"
    ip addr add "$1/24" dev "$card" && ip link set "$card" up
}

# pings ADDRESS: sizes about the minimum, the MTU, each fragment's border, and some between
pings() {
    local sizes n=0
    sizes=$({ seq 0 64; seq 1460 1490; for k in $(seq 2 43); do seq $((k * 1480 - 9)) $((k * 1480 - 7)); done; seq 1600 997 65000; echo 65000; } | sort -nu)
    for size in $sizes; do
        ping -q -n -c 1 -W 5 -s "$size" "$1" >/run/ping || { echo "no answer of $size bytes"; cat /run/ping; return 1; }
        n=$((n + 1))
    done
    echo "$n sizes of ping"
}

rates() { # ADDRESS
    for way in "" -R; do
        iperf3 -c "$1" -t 4 $way >/run/iperf || { cat /run/iperf; return 1; }
        echo "iperf3${way:+ $way}: $(grep receiver /run/iperf)"
    done
}

offer() { # PORT MIB
    head -c "$2M" /dev/urandom >/root/offered || return 1
    (/px/netload offer "$1" </root/offered) &
    echo "offers $(md5sum </root/offered)"
}
fetch() { echo "fetched $(/px/netload fetch "$1" "$2" | md5sum)"; } # ADDRESS PORT

echo px-ready
while read -r step command; do
    (eval "$command") >/run/out 2>&1 </dev/null
    status=$?
    tail -n 40 /run/out
    echo "px-end $step $status"
done
