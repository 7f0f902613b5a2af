/* SPDX-License-Identifier: MIT */
#include "command.h"

#define ALL {'a', "all", NULL, "all domains but Domain-0"}
#define WAIT {'w', "wait", NULL, "wait until it has ended"}
#define DETACH                                                                        \
    {{'f', "force", NULL, "remove it even if the guest does not let go of it"},      \
     {0, "timeout", "S", "how long the guest may take (10)"}}

/* Results of several commands; command.h has the notation. */
#define DOMAINS                                                                                                       \
    "[{name:text domid:number uuid:text memory_kib:number max_memory_kib:number vcpus:number max_vcpus:number "       \
    "cpu_time_ns:number running:bool blocked:bool paused:bool shutdown:bool crashed:bool dying:bool "                 \
    "shutdown_reason?:text config?:object}]"
#define DEVICE "{domid:number devid:number kind:text vdev?:text mac?:text backend:text}"

const struct command commands[] = {
    {"create", "CONFIG... [key=value...]", "make and start domains from configuration files", 1, -1, NEEDS_FILE, cmd_create,
     {{'p', "paused", NULL, "leave it paused"},
      {'c', "console", NULL, "attach to its console"},
      {'n', "dryrun", NULL, "only check, and print the configuration"},
      {'q', "quiet", NULL, "say nothing but faults"},
      {'f', "defconfig", "FILE", "the configuration file, as an option"},
      {0, "count", "N", "N domains, NAME-1 to NAME-N"},
      {0, "strict", NULL, "an unknown key is an error"}}, "[{domid:number name:text} | object]"},
    {"list", "[DOMAIN...]", "the domains there are", 0, -1, NEEDS_DOMAIN, cmd_list,
     {{'l', "long", NULL, "with their configurations, as JSON"},
      {'v', "verbose", NULL, "with UUIDs and why those ended that have"}}, DOMAINS},
    {"destroy", "DOMAIN...", "end a domain at once", 1, -1, NEEDS_DOMAIN, cmd_destroy,
     {{'f', "force", NULL, "accepted for xl's sake; Domain-0 is refused all the same"}}, "[number]"},
    {"shutdown", "[DOMAIN...]", "ask a domain to shut down", 0, -1, NEEDS_DOMAIN, cmd_shutdown,
     {ALL, WAIT, {'F', "fallback", NULL, "accepted for xl's sake: PV guests need no ACPI event"}}, "[number]"},
    {"reboot", "[DOMAIN...]", "ask a domain to reboot", 0, -1, NEEDS_DOMAIN, cmd_reboot,
     {ALL, WAIT, {'F', "fallback", NULL, "accepted for xl's sake: PV guests need no ACPI event"}}, "[number]"},
    {"pause", "DOMAIN...", "stop a domain's vCPUs", 1, -1, NEEDS_DOMAIN, cmd_pause, {{0}}, "[number]"},
    {"unpause", "DOMAIN...", "let a paused domain go on", 1, -1, NEEDS_DOMAIN, cmd_unpause, {{0}}, "[number]"},
    {"console", "DOMAIN", "attach to a domain's console (Ctrl-] leaves)", 1, 1, NEEDS_DOMAIN, cmd_console,
     {{'n', "num", "N", "which console (0); channels begin with 1"}, {'t', "type", "pv|serial", "which kind (only pv)"},
      {0, "dead", NULL, "what a domain that has ended printed last"}}, "{domid:number name:text uuid:text text:text}"},
    {"info", "", "the host and the hypervisor", 0, 0, NO_STORE, cmd_info, {{0}}, "{philoxen:bool *:text}"},
    {"dmesg", "", "the hypervisor's log", 0, 0, NO_STORE, cmd_dmesg, {{'c', "clear", NULL, "and empty it"}}, "text"},
    {"vcpu-list", "[DOMAIN...]", "vCPUs, where they run and may run", 0, -1, NEEDS_DOMAIN, cmd_vcpu_list, {{0}},
     "[{name:text domid:number vcpu:number online:bool cpu?:number running:bool blocked:bool cpu_time_ns:number "
     "hard_affinity:text soft_affinity:text}]"},
    {"vcpu-pin", "DOMAIN VCPU|all CPUS|all|- [CPUS|all|-]", "say where a vCPU may run, and where it would like to", 3, 4,
     NEEDS_DOMAIN, cmd_vcpu_pin, {{'f', "force", NULL, "accepted for xl's sake"}}, "null"},
    {"vcpu-set", "DOMAIN N", "how many vCPUs the guest shall use", 2, 2, NEEDS_DOMAIN, cmd_vcpu_set, {{0}}, "null"},
    {"mem-set", "DOMAIN SIZE", "how much memory the guest shall keep (MiB, or with k, m, g)", 2, 2, NEEDS_DOMAIN, cmd_mem_set, {{0}},
     "null"},
    {"mem-max", "DOMAIN SIZE", "the limit of a domain's memory", 2, 2, NEEDS_DOMAIN, cmd_mem_max, {{0}}, "null"},
    {"sched-credit2", "", "weights and caps", 0, 0, 0, cmd_sched_credit2,
     {{'d', "domain", "DOMAIN", "of this domain"},
      {'w', "weight", "N", "set the weight, 1 to 65535"},
      {'c', "cap", "PERCENT", "set the cap; 0: none"},
      {'s', "schedparam", NULL, "the scheduler's own parameters"},
      {'r', "ratelimit_us", "US", "how long a vCPU runs at least"}},
     "[{name:text domid:number weight:number cap:number}] | {ratelimit_us:number} | null"},
    {"domid", "NAME", "a domain's number", 1, 1, NEEDS_DOMAIN, cmd_domid, {{0}}, "number"},
    {"domname", "ID", "a domain's name", 1, 1, NEEDS_DOMAIN, cmd_domname, {{0}}, "text"},
    {"rename", "DOMAIN NAME", "give a domain another name", 2, 2, NEEDS_DOMAIN, cmd_rename, {{0}}, "text"},
    {"uptime", "[DOMAIN...]", "since when domains run", 0, -1, NEEDS_DOMAIN, cmd_uptime, {{'s', "short", NULL, "a line each, as uptime(1)"}},
     "[{name:text domid:number seconds:number}]"},
    {"top", "", "the domains by the time they use", 0, 0, 0, cmd_top,
     {{'b', "batch", NULL, "print and do not wait for keys"},
      {'i', "iterations", "N", "how often"},
      {'d', "delay", "S", "seconds between (3)"}},
     "[{name:text domid:number cpu_time_ns:number cpu_permille:number memory_kib:number}]"},
    {"trigger", "DOMAIN nmi|reset|init|power|sleep [VCPU]", "send a trigger to a domain", 2, 3, NEEDS_DOMAIN, cmd_trigger, {{0}},
     "null"},
    {"sysrq", "DOMAIN LETTER", "send a magic sysrq to a Linux guest", 2, 2, NEEDS_DOMAIN, cmd_sysrq, {{0}}, "null"},
    {"debug-keys", "KEYS", "send debug keys to the hypervisor; see pxl dmesg", 1, 1, NO_STORE, cmd_debug_keys, {{0}}, "null"},
    {"config-update", "DOMAIN [CONFIG] [key=value...]", "change the kept configuration of a domain", 1, -1, NEEDS_DOMAIN, cmd_config_update, {{0}},
     "null"},
    {"vm-list", "", "domains with their UUIDs", 0, 0, 0, cmd_vm_list, {{0}}, DOMAINS},
    {"block-attach", "DOMAIN DISK-SPECIFICATION...", "give a running domain a disk", 2, -1, NEEDS_DOMAIN, cmd_block_attach, {{0}},
     DEVICE},
    {"block-detach", "DOMAIN VDEV|DEVID", "take a disk from a running domain", 2, 2, NEEDS_DOMAIN, cmd_block_detach, DETACH,
     DEVICE},
    {"block-list", "DOMAIN...", "the disks of domains", 1, -1, NEEDS_DOMAIN, cmd_block_list, {{0}},
     "[{domid:number devid:number kind:text vdev:text backend:text state:number backend_state:number "
     "event_channel?:number ring_ref?:number target?:text mode?:text}]"},
    {"network-attach", "DOMAIN [key=value...]", "give a running domain a network interface", 1, -1, NEEDS_DOMAIN, cmd_network_attach, {{0}},
     DEVICE},
    {"network-detach", "DOMAIN DEVID|MAC", "take a network interface from a running domain", 2, 2, NEEDS_DOMAIN, cmd_network_detach, DETACH,
     DEVICE},
    {"network-list", "DOMAIN...", "the network interfaces of domains", 1, -1, NEEDS_DOMAIN, cmd_network_list, {{0}},
     "[{domid:number devid:number kind:text mac:text backend:text state:number backend_state:number "
     "event_channel?:number tx_ring_ref?:number rx_ring_ref?:number bridge?:text mode?:text ip?:text}]"},
    {"why", "DOMAIN", "what refused a domain, living or dead, how it ended, and what to do", 1, 1, NEEDS_DOMAIN, cmd_why, {{0}},
     "{domid?:number name:text state:text ended:bool reason?:text time?:number action?:text hypervisor?:text failure?:text qemu_ended?:text "
     "refusals:[{seq:number time_ns:number vcpu:number call:text sub:number errno:number why:text}] log:text "
     "console:text hint:text}"},
    {"check", "KERNEL...", "is this file a PV64 kernel, and what does it ask for", 1, -1, NEEDS_FILE | NO_XEN | NO_STORE, cmd_check, {{0}},
     "[{file:text pv64:bool format:text payload:text missing:[text] notes:[{type:number name:text text?:text "
     "value?:number}] guest_os?:text guest_version?:text features?:text entry?:number virt_base?:number}]"},
    {"keeper", "", "do what on_reboot= and the like say, for all domains, in the foreground", 0, 0, 0, cmd_keeper,
     {{'d', "daemon", NULL, "in the background, if there is none yet; pxl create does that"}}, "null"},
    {"help", "[COMMAND]", "this list, or all about one command", 0, 1, NO_XEN | NO_STORE, cmd_help, {{0}},
     "[{name:text arguments:text summary:text options:[{name:text letter?:text argument?:text help:text}] "
     "result:text}]"},
    {"completion", "", "print the completion for bash", 0, 0, NO_XEN | NO_STORE | PRINTS, cmd_completion, {{0}}, "text"},
    {"manpage", "", "print the manual page", 0, 0, NO_XEN | NO_STORE | PRINTS, cmd_man, {{0}}, "text"},
};

const unsigned nr_commands = sizeof(commands) / sizeof(commands[0]);
