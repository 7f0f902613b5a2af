/* SPDX-License-Identifier: MIT */
/*
 * libpxl: PV domains on Philoxen and on Xen 4.17, for pxl(1) and for other programs.
 *
 * It stands on the stable Xen libraries (xencall, xenforeignmemory, xenstore) and talks to the
 * hypervisor's control interface and to the store itself. One `struct pxl` is one connection; it is
 * used by one thread at a time. Sizes of memory are in KiB, times in nanoseconds, where no other
 * unit is named.
 *
 * Every function that can fail returns 0 (or a pointer) when it worked; on -1 (or NULL) the reason
 * is a chain of faults, outermost first: what was asked, which step, which hypercall or system call
 * with which errno, why in words, what to try. pxl_fault() gives it; it lives until the next call.
 *
 * Nothing here leaves a half-made domain behind: what fails undoes what it did; what is killed on the way is
 * found by the note it kept (/run/pxl/making) and removed by the next pxl_create(), pxl_sweep() or the keeper.
 */
#ifndef PXL_H
#define PXL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct pxl;

/* ---- faults (fault.c) ---- */

struct pxl_fault {
    char *what;              /* "create guest1", "load kernel /boot/vmlinuz": what this level tried */
    const char *call;        /* "domctl createdomain", "open", …; NULL: no call failed, a check did */
    int err;                 /* errno of the call, or of the check; 0: none */
    char *why;               /* in words; may be NULL */
    char *hint;              /* what to try; may be NULL */
    struct pxl_fault *cause; /* the level below, or NULL */
};

const struct pxl_fault *pxl_fault(const struct pxl *p);
void pxl_fault_print(FILE *f, const struct pxl_fault *fault); /* one line a level */
/* For libpxl and its users: record a fault. _fail starts a new chain, _wrap puts a level on the present one. Both
 * return -1. `call` is not copied. */
int pxl_fail(struct pxl *p, const char *call, int err, const char *hint, const char *what, ...)
    __attribute__((format(printf, 5, 6)));
int pxl_wrap(struct pxl *p, const char *what, ...) __attribute__((format(printf, 2, 3)));

/* ---- connections ---- */

enum { PXL_NO_STORE = 1, PXL_NO_HYPERVISOR = 2 }; /* for tools that only look at files */

/* Never NULL but when memory is out; whether it is connected: pxl_fault(). */
struct pxl *pxl_open(unsigned flags);
void pxl_close(struct pxl *p);
/* Messages of progress and warnings go here; default: warnings to stderr. level: 0 warning, 1 progress, 2 detail. */
void pxl_set_log(struct pxl *p, void (*log)(void *arg, int level, const char *message), void *arg);

/* ---- configuration (config*.c), xl.cfg(5)'s keys that matter to PV ---- */

enum pxl_action {
    PXL_DESTROY, PXL_RESTART, PXL_RENAME_RESTART, PXL_PRESERVE,
    PXL_COREDUMP_DESTROY, PXL_COREDUMP_RESTART, PXL_SOFT_RESET
};
enum pxl_disk_format { PXL_RAW, PXL_QCOW, PXL_QCOW2, PXL_VHD, PXL_QED, PXL_EMPTY };
/* ANY: pxbackd where it runs, else the kernel's. PHY (disks) and KERNEL (interfaces) are the kernel's; the others pxbackd's. */
enum pxl_backend {
    PXL_BACKEND_ANY, PXL_BACKEND_PHY, PXL_BACKEND_QDISK, PXL_BACKEND_TAP, PXL_BACKEND_PXBACKD, PXL_BACKEND_KERNEL
};

struct pxl_disk {
    char *target, *vdev, *script, *backend_domain;
    enum pxl_disk_format format;
    enum pxl_backend backendtype;
    bool readonly, cdrom, direct_io, discard_set, discard;
    bool untrusted;            /* the front end shall bounce what it gives the back end */
};

struct pxl_vif {
    char *bridge, *mac, *ip, *script, *ifname, *backend_domain, *gatewaydev, *model, *type;
    uint64_t rate_bytes;       /* a second, 0: no limit */
    unsigned rate_interval_us;
    unsigned mtu;              /* 0: the bridge's */
    enum pxl_backend backendtype;
};

struct pxl_vcpu_list {         /* cpus=, cpus_soft=: one mask for all, or one a vCPU; n 0: not given */
    unsigned n;
    uint64_t (*mask)[16];      /* 1024 CPUs each */
};

struct pxl_strings { unsigned n; char **s; };

struct pxl_config {
    char *name, *type, *builder;
    char *kernel, *ramdisk, *cmdline, *root, *extra;
    char *bootloader;
    struct pxl_strings bootloader_args;
    uint64_t memory, maxmem;   /* MiB, as in the file; maxmem 0: memory */
    unsigned vcpus, maxvcpus;  /* maxvcpus 0: vcpus */
    struct pxl_vcpu_list cpus, cpus_soft;
    unsigned cpu_weight, cap;  /* 0: the scheduler's */
    char *pool;
    uint8_t uuid[16];
    bool uuid_set;
    unsigned nr_disks, nr_vifs, nr_p9s, nr_channels, nr_vfbs;
    struct pxl_disk *disks;
    struct pxl_vif *vifs;
    struct pxl_strings *p9s, *channels, *vfbs;  /* "key=value" each */
    enum pxl_action on_poweroff, on_reboot, on_crash, on_watchdog, on_soft_reset;
    int max_grant_frames, max_maptrack_frames, max_grant_version; /* -1: the default */
    unsigned max_event_channels;
    bool nomigrate, driver_domain, e820_host;
    char *seclabel, *tsc_mode;
    struct pxl_strings cpuid;
    int64_t xenstore_quota;    /* -1: the default */
    unsigned nr_unknown;       /* keys nobody knows, kept for the conversion */
    struct pxl_unknown {
        char *key;
        bool list, number;
        struct pxl_strings values;
    } *unknown;
};

void pxl_config_init(struct pxl_config *c);
void pxl_config_free(struct pxl_config *c);
/* From xl's syntax or JSON (which: the first character that is not blank, '{' or not). `source` is for messages.
 * strict: an unknown key is an error, not a warning. */
int pxl_config_read(struct pxl *p, struct pxl_config *c, const char *text, size_t size,
                    const char *source, bool strict);
int pxl_config_read_file(struct pxl *p, struct pxl_config *c, const char *path, bool strict);
int pxl_config_set(struct pxl *p, struct pxl_config *c, const char *assignment, bool strict); /* key=value */
int pxl_config_check(struct pxl *p, const struct pxl_config *c); /* what one key says against another */
char *pxl_config_to_xl(const struct pxl_config *c);   /* malloc'ed; reads back as the same */
char *pxl_config_to_json(const struct pxl_config *c);
unsigned pxl_utf8(const char *s); /* bytes of the character that s begins with; 0: that is not UTF-8 */
int pxl_disk_parse(struct pxl *p, struct pxl_disk *d, const char *spec);
int pxl_vif_parse(struct pxl *p, struct pxl_vif *v, const char *spec);
void pxl_disk_free(struct pxl_disk *d);
void pxl_vif_free(struct pxl_vif *v);

/* ---- kernels (image*.c) ---- */

struct pxl_image;              /* an unpacked kernel in memory, or mapped from the cache */

struct pxl_image_info {
    const char *format;        /* "elf64", "bzImage" */
    const char *payload;       /* "none", "gzip", "xz", "zstd", "lz4", … */
    const char *guest_os, *guest_version, *loader, *xen_version, *features;
    uint64_t entry, virt_base, paddr_offset, hypercall_page, init_p2m;
    uint64_t first_va, end_va; /* of the loaded segments */
    bool pv64, mod_start_pfn, suspend_cancel, hypercall_page_set, init_p2m_set;
    unsigned nr_notes;
    struct { uint32_t type; uint32_t size; uint64_t value; const char *text; } note[32];
    unsigned nr_missing;
    const char *missing[16];   /* what keeps it from being a PV64 guest, in words */
};

/* Kernels once unpacked are kept in /var/cache/pxl (by device, inode, size, mtime) unless no_cache. */
struct pxl_image *pxl_image_open(struct pxl *p, const char *path, bool no_cache);
const struct pxl_image_info *pxl_image_info(const struct pxl_image *i);
void pxl_image_close(struct pxl_image *i);

/* ---- life (create.c, life.c) ---- */

struct pxl_create_options {
    bool paused, quiet;
    unsigned count;            /* --count N: name-1 … name-N; 0: one */
    void (*created)(void *arg, uint32_t domid, const char *name);
    void *arg;
};

int pxl_create(struct pxl *p, const struct pxl_config *c, const struct pxl_create_options *o, uint32_t *domid);
int pxl_destroy(struct pxl *p, uint32_t domid);
enum { PXL_SHUTDOWN_POWEROFF, PXL_SHUTDOWN_REBOOT, PXL_SHUTDOWN_SUSPEND, PXL_SHUTDOWN_HALT, PXL_SHUTDOWN_CRASH };
int pxl_shutdown(struct pxl *p, uint32_t domid, int how); /* asks the guest through the store */
/* Until it is gone or shut down: 0 with *reason, or -1. timeout_ms -1: none. */
int pxl_wait_end(struct pxl *p, uint32_t domid, int timeout_ms, int *reason);
int pxl_pause(struct pxl *p, uint32_t domid);
int pxl_unpause(struct pxl *p, uint32_t domid);
int pxl_rename(struct pxl *p, uint32_t domid, const char *name);
int pxl_trigger(struct pxl *p, uint32_t domid, const char *trigger, unsigned vcpu);
int pxl_uptime(struct pxl *p, uint32_t domid, int64_t *seconds); /* 0 when nobody noted its start */
int pxl_sysrq(struct pxl *p, uint32_t domid, char key);
int pxl_sweep(struct pxl *p, unsigned *removed); /* half-made domains of makers that died */
/* The configuration a domain was created with. */
int pxl_domain_config(struct pxl *p, uint32_t domid, struct pxl_config *c);
int pxl_domain_config_set(struct pxl *p, uint32_t domid, const struct pxl_config *c);

/* ---- devices of living domains (hotplug.c, devinfo.c) ---- */

/* As the store has it. What the guest says of itself (state, evtchn, ring_ref) may be anything: -1 (state 0) for what is no number. */
struct pxl_device {
    uint32_t domid;            /* the front end's domain */
    unsigned devid;
    int state, back_state;     /* XenbusState* of front and back end */
    int evtchn, ring_ref[2];   /* a disk has one ring, an interface tx and rx */
    char kind[8];              /* the back end: vbd, qdisk, vif, qnic */
    char backend[64];          /* its folder */
    char name[40];             /* a disk's vdev, an interface's MAC */
    char *target, *mode;       /* a disk's file and "r" or "w"; an interface's bridge and "bridge", "route", "nat"; may be NULL */
    char *ip;                  /* an interface's addresses, if they were said or, for "nat", chosen; or NULL */
};

/* Ascending by devid; by pxl_devices_free(). */
int pxl_disks(struct pxl *p, uint32_t domid, struct pxl_device **list, unsigned *n);
int pxl_vifs(struct pxl *p, uint32_t domid, struct pxl_device **list, unsigned *n);
void pxl_devices_free(struct pxl_device *list, unsigned n);

/* Returns when the back end is ready for the guest's front end. What is attached is in the kept configuration too. */
int pxl_disk_attach(struct pxl *p, uint32_t domid, const struct pxl_disk *d, struct pxl_device *made);
int pxl_vif_attach(struct pxl *p, uint32_t domid, const struct pxl_vif *v, struct pxl_device *made);
/* The guest is asked, and waited for, up to timeout_ms; force: the device's folders are removed whatever it says. what: vdev or
 * number of a disk, MAC or number of an interface. Of *gone, kind, devid and name are set. */
int pxl_disk_detach(struct pxl *p, uint32_t domid, const char *what, bool force, int timeout_ms, struct pxl_device *gone);
int pxl_vif_detach(struct pxl *p, uint32_t domid, const char *what, bool force, int timeout_ms, struct pxl_device *gone);
bool pxl_backend_daemon(void); /* does pxbackd run? */

/* ---- the keeper (keeper.c): one process for all domains ----
 * Does what on_poweroff=, on_reboot=, on_crash=, on_watchdog= of those that end say, keeps the index of names for what other
 * tools make, removes what makers that died left. */
int pxl_keeper_run(struct pxl *p);   /* until a signal ends it */
int pxl_keeper_start(struct pxl *p); /* as a process of its own, if it does not run; does not wait for it */
bool pxl_keeper_ready(void);

/* How a domain ended that is gone (ended.c): the last of that name or number. */
struct pxl_ended {
    uint32_t domid;
    int64_t when;              /* seconds since 1970 */
    int reason;                /* SHUTDOWN_*, or -1: it was destroyed alive */
    char action[20], name[64];
};
int pxl_ended(struct pxl *p, const char *name_or_id, struct pxl_ended *e);

/* ---- consoles (console.c): any daemon's by its pseudo-terminal, and what only pxconsoled has ---- */

/* The pseudo-terminal of its console, as the console daemon names it; waits for the daemon. */
int pxl_console_tty(struct pxl *p, uint32_t domid, int timeout_ms, char *path, size_t size);
/* Of a channel, from number 1 on, that is a pseudo-terminal. */
int pxl_channel_tty(struct pxl *p, uint32_t domid, unsigned number, char *path, size_t size);
bool pxl_console_daemon(void); /* does pxconsoled run? */
/* Returns when pxconsoled has the domain's console: what is printed from now on is kept. At once where no pxconsoled
 * runs. port and frame of the console, or 0: the daemon finds them in the store. */
int pxl_console_ready(struct pxl *p, uint32_t domid, uint32_t port, uint64_t frame);
/* A descriptor that gives the history and then all output, and types what is written to it; at its end the domain ended. */
int pxl_console_attach(struct pxl *p, uint32_t domid);

#define PXL_CONSOLE_BYTES 65536
struct pxl_console_text {
    uint32_t domid;
    char uuid[37], name[96];
    size_t size;
    char *text;                /* malloc'ed, with a 0 behind it */
};
/* The last that a domain printed, while it lives and after its end. key: number, name or UUID. */
int pxl_console_history(struct pxl *p, const char *key, struct pxl_console_text *t);
int pxl_console_dead(struct pxl *p, const char *key, struct pxl_console_text *t);

/* ---- what there is (info.c) ---- */

struct pxl_dominfo {
    uint32_t domid;
    char name[64];
    uint8_t uuid[16];
    bool running, blocked, paused, shutdown, dying;
    int shutdown_reason;       /* PXL_SHUTDOWN_*, or -1 */
    uint64_t memory, max_memory;   /* KiB */
    uint64_t cpu_time;
    unsigned vcpus_online, vcpus_max;
    uint32_t cpupool;
    uint64_t outstanding;      /* claimed pages */
};

/* All of them, ascending; *list is malloc'ed. Costs a constant number of hypercalls and store requests a hundred domains. */
int pxl_domains(struct pxl *p, struct pxl_dominfo **list, unsigned *n);
int pxl_domain(struct pxl *p, uint32_t domid, struct pxl_dominfo *info);
int pxl_find(struct pxl *p, const char *name_or_id, uint32_t *domid);

struct pxl_vcpuinfo {
    unsigned vcpu;
    int cpu;                   /* -1: not running */
    bool online, running, blocked;
    uint64_t cpu_time;
    uint64_t hard[16], soft[16];
};
int pxl_vcpus(struct pxl *p, uint32_t domid, struct pxl_vcpuinfo **list, unsigned *n);
/* NULL: leave. vcpu -1: all. */
int pxl_vcpu_pin(struct pxl *p, uint32_t domid, int vcpu, const uint64_t *hard, const uint64_t *soft);
int pxl_vcpu_set(struct pxl *p, uint32_t domid, unsigned online);
int pxl_cpumask_parse(struct pxl *p, const char *text, uint64_t mask[16]); /* "0-3,^2", "all", "node:0" */
void pxl_cpumask_print(char *out, size_t size, const uint64_t mask[16], unsigned nr_cpus);
int pxl_mem_set(struct pxl *p, uint32_t domid, uint64_t kib);
int pxl_mem_max(struct pxl *p, uint32_t domid, uint64_t kib);

struct pxl_sched { unsigned weight, cap; };
int pxl_sched_get(struct pxl *p, uint32_t domid, struct pxl_sched *s);
int pxl_sched_set(struct pxl *p, uint32_t domid, const struct pxl_sched *s);
int pxl_sched_ratelimit(struct pxl *p, int *us); /* in: -1 to ask */

struct pxl_hostinfo {
    char host[65], release[65], version[65], machine[65];
    unsigned nr_cpus, max_cpu_id, nr_nodes, cores_per_socket, threads_per_core, cpu_khz;
    uint32_t hw_caps[8];
    char virt_caps[64];
    uint64_t total_kib, free_kib, sharing_freed, sharing_used, outstanding_kib;
    unsigned xen_major, xen_minor;
    char xen_extra[16], xen_caps[1024], xen_changeset[64], xen_commandline[1024];
    char xen_scheduler[16], cc_compiler[64], cc_compile_by[64], cc_compile_domain[64], cc_compile_date[64], build_id[64];
    uint64_t pagesize;
    uint64_t virt_start;
    bool philoxen;
};
int pxl_host(struct pxl *p, struct pxl_hostinfo *h);
/* The hypervisor's log; clear: empty it. To f as it comes. */
int pxl_dmesg(struct pxl *p, FILE *f, bool clear);
int pxl_debug_keys(struct pxl *p, const char *keys);

/* ---- why (why.c): all that is known of a domain's end and of what it was refused ---- */

struct pxl_refusal {
    uint64_t seq, time;        /* time: ns since the hypervisor started */
    unsigned vcpu, sub;
    int err;
    char call[33], text[193];  /* the hypercall; rule, frame, entry in words */
};
struct pxl_why {
    uint32_t domid;
    bool alive, ended, philoxen;
    bool never;                /* it could not be made; text: why */
    int reason;                /* SHUTDOWN_*, or -1: destroyed while it lived */
    int64_t when;              /* of its end, seconds since 1970; 0: not known */
    char name[64], action[20], text[321]; /* text: why the hypervisor ended it */
    struct pxl_dominfo info;   /* while alive */
    unsigned nr_refusals;      /* only Philoxen tells */
    struct pxl_refusal *refusal;
    char *log;                 /* the last lines of the hypervisor's log that name it */
    bool qemu_ended;           /* the QEMU that a living domain had for p9= and vfb= has ended; qemu: its last line */
    char qemu[200];
    struct pxl_console_text console; /* size 0: nobody kept it */
};
int pxl_why(struct pxl *p, const char *name_or_id, struct pxl_why *w);
void pxl_why_free(struct pxl_why *w);

#endif
