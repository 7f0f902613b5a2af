#!/bin/sh
# SPDX-License-Identifier: MIT
# Every command of pxl once and more, with what it must say and its exit status.
. /root/start.sh
pxstored || bad pxstored
until_true 10 xenstore-write /local/domain/0/name Domain-0 || bad store
[ -x /usr/bin/pxconsoled ] && pxconsoled
free0=$(pxl info | awk '/^free_memory/ { print $3 }')

check create 0 '^a is domain 1$' pxl create /root/sleep.cfg 'name="a"'
check create_twice 3 'domain 1 has that name' pxl create /root/sleep.cfg 'name="a"'
check create_paused 0 '^b is domain 2$' pxl create -p /root/sleep.cfg 'name="b"' vcpus=2 maxvcpus=4 maxmem=16
check create_quiet 0 '^$' pxl create -q -p /root/sleep.cfg name=q
check create_option 0 'f is domain' pxl create -p -f /root/sleep.cfg name=f
check create_dryrun 0 '"kernel": "/root/sleep.elf"' pxl create -n /root/sleep.cfg
check create_no_file 6 'configuration file is wanted' pxl create name=x
check create_missing 3 'No such file' pxl create /root/nothing.cfg
check create_no_kernel 3 'read kernel /root/none' pxl create /root/sleep.cfg name=k kernel=/root/none
check create_bad_kernel 3 'neither an ELF file' pxl create /root/sleep.cfg name=k kernel=/root/start.sh
dd if=/dev/zero of=/root/big bs=1M count=4 2>/dev/null
check create_too_small 3 'lay out the domain' pxl create /root/sleep.cfg name=k memory=2 ramdisk=/root/big
check create_too_big 3 'get [0-9]+ KiB of memory' pxl create /root/sleep.cfg name=k memory=60000
check create_bad_key 1 'memory: a number' pxl create /root/sleep.cfg memory=lots
check create_strict 1 'did you mean memory' pxl create --strict /root/sleep.cfg memry=5
check create_unknown 0 'did you mean memory' pxl create -n /root/sleep.cfg memry=5
check create_no_disk 3 'find /none: stat: No such file' pxl create /root/sleep.cfg name=k 'disk=["/none,raw,xvda,w"]'
check create_json 0 '"ok":true' pxl create --json -p /root/sleep.cfg name=j
check create_json_fault 3 '"errno":17' pxl create --json /root/sleep.cfg name=j
check create_count 0 'c-3 is domain' pxl create --count 3 -p /root/sleep.cfg name=c
check create_files 0 'd is domain' pxl create -p /root/sleep.cfg name=d
check list 0 '^a  +1 +8 +1 +-b----' pxl list
check store_values 0 '^1 a$' xenstore-control values /local/domain name
check list_verbose 0 '^b .*--p--- +0.0 [0-9a-f-]{36} +- ' pxl list -v
check list_long 0 '"kernel' pxl list -l b
check list_none 1 'find the domain nosuch' pxl list nosuch
check list_json 0 '"domid":2' pxl --json list b
check vcpu_list 0 '^b  +2 +3 +- +--p +0.0  all / all' pxl vcpu-list b
check vcpu_pin 0 '^$' pxl vcpu-pin b 0 0
check vcpu_pin_none 1 'pin vCPU 9' pxl vcpu-pin b 9 0
check vcpu_set 0 '^$' pxl vcpu-set b 3
check vcpu_set_key 0 online xenstore-read /local/domain/2/cpu/2/availability
check vcpu_set_many 1 'it can have 1 to 4' pxl vcpu-set b 5
check mem_set 0 '^$' pxl mem-set b 9
check mem_set_key 0 '^9216$' xenstore-read /local/domain/2/memory/target
check mem_set_much 1 'its limit is' pxl mem-set b 800
check mem_max 0 '^$' pxl mem-max b 20m
check mem_max_low 1 'its target is' pxl mem-max b 5
check sched 0 '^a +1 +256 +0$' pxl sched-credit2
check sched_weight 0 '^$' pxl sched-credit2 -d a -w 512 -c 50
check sched_changed 0 '^a +1 +512 +50$' pxl sched-credit2 -d a
check sched_zero 2 '1 to 65535' pxl sched-credit2 -d a -w 0
check sched_params 0 'ratelimit=[0-9]+us' pxl sched-credit2 -s
check sched_whose 1 'says whose' pxl sched-credit2 -w 5
check domid 0 '^2$' pxl domid b
check domname 0 '^b$' pxl domname 2
check domname_none 1 'look at domain 777' pxl domname 777
check rename 0 '^$' pxl rename b bb
check rename_taken 1 'domain 1 has it' pxl rename bb a
check rename_kept 0 '"name": "bb"' cat /run/pxl/2.json
check vm_list 0 '^[0-9a-f-]{36}  2    bb' pxl vm-list
check uptime 0 '^a +1 +0:00:[0-9]' pxl uptime
check uptime_short 0 '^ [0-9:]+ up  0:00, a \(1\)' pxl uptime -s a
check top 0 '^a +1 ' pxl top -b -i 1
check info 0 '^xen_scheduler +: credit2' pxl info
check dmesg 0 '.' pxl dmesg
check debug_keys 0 '^$' pxl debug-keys h
check trigger 1 'no such trigger' pxl trigger a what
check sysrq 0 '^$' pxl sysrq a s
check sysrq_key 0 '^s$' xenstore-read /local/domain/1/control/sysrq
check pause 0 '^$' pxl pause a
check paused 0 '^-[b-]p---$' state a
check unpause 0 '^$' pxl unpause a
check config_update 0 '^$' pxl config-update a on_crash=preserve
check config_updated 0 'preserve' pxl list -l a
check check_good 0 'a PV64 kernel' pxl check /root/sleep.elf
check check_bad 1 'neither an ELF' pxl check /root/start.sh
check check_json 1 '"pv64":false' pxl check --json /root/start.sh
check why_living 0 'domain 1 \(a\): waiting' pxl why a
check help 0 'usage: pxl vcpu-pin' pxl help vcpu-pin
# Each command's result in JSON; the forms are compared outside.
dead=$(pxl domid c-3)
pxl destroy c-3
js() {
    check "json_$1" 0 '"ok":true' pxl --json "$@"
}
for words in "list" "list -l a" "create -n /root/sleep.cfg" "vm-list" "info" "vcpu-list" "sched-credit2" "sched-credit2 -s" \
    "sched-credit2 -d a -w 256" "domid a" "domname 1" "uptime" "top -i 2" "why a" "why $dead" "check /root/sleep.elf /root/start.sh" \
    "block-list a" "network-list a" "help" "help list" "completion" "manpage" "pause a" "unpause a" "vcpu-set bb 2" "vcpu-pin bb 0 0" \
    "mem-set bb 9" "mem-max bb 20m" "rename bb bb" "sysrq a s" "trigger bb nmi" "debug-keys h" "config-update a vcpus=1" "shutdown a" \
    "reboot a" "destroy c-2" "keeper -d" "dmesg -c"; do
    # shellcheck disable=SC2086 # a word each
    case $words in
    check*) check json_check 1 '"ok":true' pxl --json $words ;;
    *) js $words ;;
    esac
done
check json_wrong 2 '"ok":false' pxl --json pause
check prefix 0 '^2$' pxl domi bb
check ambiguous 1 'could be' pxl s
check unknown 1 'no such command' pxl nosuch
check missing 2 'something is missing' pxl pause
check shutdown 0 'Shutting down domain 1' pxl shutdown a
check shutdown_key 0 poweroff xenstore-read /local/domain/1/control/shutdown
check reboot 0 'Rebooting domain 1' pxl reboot a
check shutdown_none 1 'domain is wanted' pxl shutdown
check destroy_0 1 'destroy domain 0' pxl destroy 0
check destroy 0 '^$' pxl destroy bb
check destroy_many 0 '^$' pxl destroy a q f j c-1 d
check destroyed 1 'find the domain' pxl destroy bb
check why_dead 0 'destroyed' pxl why a

# The keeper: what the configuration says happens to those that end.
check k_restart 0 'is domain' pxl create /root/sleep.cfg name=r cmdline=reboot
check k_preserve 0 'is domain' pxl create /root/sleep.cfg name=p cmdline=crash on_crash=preserve
check k_destroy 0 'is domain' pxl create /root/sleep.cfg name=z cmdline=poweroff
check k_rename 0 'is domain' pxl create /root/sleep.cfg name=w cmdline=watchdog on_watchdog=rename-restart
first=$(pxl domid r)
restarted() { now=$(pxl domid r 2>/dev/null) && [ "$now" != "$first" ]; }
until_true 10 restarted && ok keeper_restarts || bad keeper_restarts "$(pxl list)"
until_true 10 gone z && check json_console_dead 0 '"ok":true' pxl --json console --dead z
gone z && ok keeper_destroys || bad keeper_destroys "$(pxl list)"
until_true 10 is_state p ----c- && ok keeper_preserves || bad keeper_preserves "$(pxl list)"
renamed() { pxl list | grep -q '^w-20'; }
until_true 10 renamed && ok keeper_renames || bad keeper_renames "$(pxl list)"
check one_keeper 0 '^1$' sh -c 'ps -o comm | grep -c pxl-keeper'
check why_crash 0 'end: crash' pxl why p
killall pxl-keeper 2>/dev/null || kill "$(ps -o pid,comm | awk '/pxl-keeper/ { print $1 }')"
until_true 5 sh -c '! ps -o comm | grep -q pxl-keeper' || bad keeper_ends

# Another tool's domain is found by its name, and its name is taken.
for d in $(pxl list | awk 'NR > 2 { print $2 }'); do pxl destroy "$d"; done
left=$(pxl list | wc -l)
[ "$left" = 2 ] && ok all_gone || bad all_gone "$(pxl list)"
nodes=$(xenstore-ls | grep -cE 'sleep|ring-ref|backend/v')
[ "$nodes" = 0 ] && ok no_nodes || bad no_nodes "$(xenstore-ls)"
check no_names 1 'could not list' xenstore-list /pxl/names/a
free1=$(pxl info | awk '/^free_memory/ { print $3 }')
[ $((free0 - free1)) -le 1 ] && ok no_memory_lost || bad no_memory_lost "$free0 before, $free1 after"
echo "pxl-test: end"
