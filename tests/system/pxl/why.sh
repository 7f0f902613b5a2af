#!/bin/sh
# SPDX-License-Identifier: MIT
# `pxl why`: what each kind of end and of refusal is told as, by name and by number, while the domain lives and after it.
. /root/start.sh
pxstored || bad pxstored
until_true 10 xenstore-write /local/domain/0/name Domain-0 || bad store
pxconsoled
philoxen=
grep -q philoxen /sys/hypervisor/version/extra && philoxen=1
cat >/root/refused.cfg <<END
name = "refused"
kernel = "/root/refused.elf"
memory = 8
END
# NAME PATTERN WHAT...: what of Philoxen alone tells.
check_px() { name=$1 pattern=$2; shift 2; [ ! "$philoxen" ] || check "$name" 0 "$pattern" pxl why "$@"; }
said() { pxl why "$1" | grep -q "$2"; }

check create 0 'is domain 1' pxl create /root/refused.cfg
until_true 10 said refused 'refused: table' || bad said "$(pxl why refused)"
check living 0 'domain 1 \(refused\): waiting' pxl why refused
check console 0 'refused: foreign: frame 100, entry 100067: -[0-9]+$' pxl why refused
# Rule, frame and entry, as the guest knows them.
check_px foreign 'mmu_update: frame 0x100 is not owned by domain 0x1' refused
check_px by_number 'frame 0x100 is not owned by domain 0x1' 1
l4=$(pxl why refused | sed -n 's/.*refused: slot: frame \([0-9a-f]*\),.*/\1/p')
check_px slot "mmu_update: index 0x101 of L4 0x$l4 belongs to the hypervisor" refused
check_px table "0x$l4" refused
check_px advice 'what was refused stands above' refused
if [ "$philoxen" ]; then
    check json 0 '"call":"mmu_update".*"errno":[0-9]+,"why":"frame 0x100 is not owned' pxl --json why refused
else
    check json 0 '"refusals":\[\]' pxl --json why refused
fi
check json_state 0 '"domid":1,"name":"refused","state":"waiting for something","ended":false' pxl --json why 1
pxl destroy refused
check dead 0 'domain 1 \(refused\): gone' pxl why refused
check dead_end 0 'end: destroyed at .* while it lived' pxl why 1
check dead_console 0 'refused: table' pxl why 1
check_px dead_refusals 'frame 0x100 is not owned by domain 0x1' refused
check dead_json 0 '"state":"gone","ended":true,"reason":"destroyed"' pxl --json why refused

# The hypervisor ends it: an exception that the guest has no handler for.
pxl create /root/refused.cfg name=fault cmdline=fault on_crash=preserve
until_true 10 said fault 'end: crash' || bad fault_end "$(pxl why fault)"
check fault_living 0 'domain 2 \(fault\): ended, not removed' pxl why fault
check fault_log 0 'the hypervisor.s log' pxl why 2
check_px fault_reason 'the hypervisor: .*(trap|exception|handler)' fault
pxl destroy fault
check fault_dead 0 'end: crash' pxl why fault
check_px fault_dead_reason 'the hypervisor: ' 2

# By itself, removed by the keeper.
check self 0 '' pxl create -q /root/refused.cfg name=self cmdline=poweroff
until_true 10 gone self || bad self "$(pxl list)"
until_true 5 said self 'end: poweroff' && ok self_end || bad self_end "$(pxl why self)"
check self_advice 0 'nothing is wrong' pxl why self
check self_json 0 '"reason":"poweroff".*"action":"destroyed"' pxl --json why self

# Never made: memory.
check oom 3 'get 71680000 KiB of memory' pxl create /root/refused.cfg name=big memory=70000
check oom_why 0 'big: never made' pxl why big
check oom_reason 0 'pxl create at .*get 71680000 KiB of memory.*Cannot allocate memory' pxl why big
check oom_json 0 '"name":"big","state":"never made","ended":false.*"failure":"build its memory: get 71680000' pxl --json why big
check oom_then 0 '' pxl create -q -p /root/refused.cfg name=big
check oom_lives 0 'domain [0-9]+ \(big\): paused' pxl why big
pxl destroy big

check nobody 1 'find a domain nobody, living or dead' pxl why nobody
check nobody_json 1 '"ok":false' pxl --json why nobody
check dom0 0 'domain 0 \(Domain-0\): running' pxl why 0
echo "pxl-test: end"
