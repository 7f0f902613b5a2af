# SPDX-License-Identifier: MIT
# In Dom0: a bridge, guests of pvguest, and guests that are typed at. The scripts of test_io.py and test_pvguest_devices.py begin so.
cd /root
modprobe -a bridge xen-netback xen-blkback loop tun
ip link add br0 type bridge
ip link set br0 up
ip addr add 10.9.0.1/24 dev br0 || exit 1
log=/var/log/pxl/console

bad() { echo "io: $*"; }

# says GUEST WORDS SECONDS: waits until its console has the words
says() {
    n=$3
    until grep -qs -e "$2" $log/$1.log || [ $n = 0 ]; do
        n=$((n - 1))
        sleep 1
    done
    [ $n != 0 ] || { bad "$1 does not say '$2'"; tail -n 30 $log/$1.log; exit 1; }
}

# guest NAME KERNEL WORDS [LINE]...: one of pvguest's programs
guest() {
    printf 'name = "%s"\nkernel = "/px/%s.elf"\nmemory = 32\nextra = "%s"\n' "$1" "$2" "$3" >$1.cfg
    name=$1
    shift 3
    for line; do echo "$line" >>$name.cfg; done
    pxl create $name.cfg || exit 1
}

# login GUEST: root's shell at its console becomes what does steps
login() {
    says $1 'login: ' 900
    echo "$1 is at its login at $(cut -d . -f 1 /proc/uptime) s"
    mkfifo /run/$1.in
    (exec 3<>/run/$1.in; exec pxl console $1 <&3 >/dev/null) &
    echo root >/run/$1.in
    says $1 'root has no password' 120
    echo 'tar -C / -xf /dev/xvdc && exec bash /px/guest.sh' >/run/$1.in
    says $1 px-ready 60
}

# ask GUEST STEP COMMAND...: begins a step; done_ GUEST STEP SECONDS: waits for its end
ask() {
    guest=$1
    shift
    echo "$*" >/run/$guest.in
}
done_() {
    says $1 "^px-end $2 " $3
    echo "$1 $2: ends at $(cut -d . -f 1 /proc/uptime) s"
    awk -v step="$2" -v name="$1" '{ sub(/\r/, "") } /px-(end|ready)/ { if ($2 == step) { printf "%s", text; exit } text = ""; next }
        { text = text name " " step ": " $0 "\n" }' $log/$1.log
    grep -q "^px-end $2 0" $log/$1.log || { bad "$1: step $2 failed"; tail -n 40 $log/$1.log; exit 1; }
}
ended() {
    n=$2
    while pxl domid $1 >/dev/null 2>&1 && [ $n != 0 ]; do
        n=$((n - 1))
        sleep 1
    done
    [ $n != 0 ] || bad "$1 is still there"
}
# show GUEST: its console, once it has ended
show() {
    ended $1 60
    sed "s/^/$1: /; s/\r//" $log/$1.log
}
leftovers() {
    pxl list
    xenstore-ls /local/domain/0/backend | grep -q frontend && bad "back ends are left"
    ls /sys/class/net | grep vif && bad "an interface is left"
    true
}
