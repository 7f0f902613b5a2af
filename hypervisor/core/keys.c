/* SPDX-License-Identifier: MIT */
#include "core/keys.h"
#include "core/console.h"
#include "core/dump.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/time.h"

#define LINE(...) log_msg(LOG_ERR, __VA_ARGS__)

/* fn(d, lines left) for each domain until the lines are used up. */
static void each_domain(unsigned (*fn)(struct domain *d, unsigned lines))
{
    unsigned lines = KEY_LINES;
    struct domain *d;

    for (unsigned id = 0; lines && (d = domain_next((domid_t)id)) != NULL;) {
        id = d->id + 1u;
        lines = fn(d, lines);
        domain_put(d);
    }
    if (!lines)
        LINE("... and more");
}

static void vcpu_line(const struct vcpu *v)
{
    static const char *const states[] = {"offline", "blocked", "runnable", "running"};
    const struct vcpu_info *info = v->info;

    LINE("  v%u %s cpu %u%s%s%s: pending %u mask %u, hard %#lx soft %#lx, ran %lu ms", v->id,
         states[v->run], v->sched.cpu, v->down ? " down" : "", v->pause_count ? " paused" : "",
         v->poll_ports ? " polls" : "", info ? READ_ONCE(info->evtchn_upcall_pending) : 0,
         info ? READ_ONCE(info->evtchn_upcall_mask) : 0, v->sched.affinity_hard,
         v->sched.affinity_soft, v->sched.cpu_time / 1000000);
}

static unsigned domain_lines(struct domain *d, unsigned lines)
{
    static const char *const states[] = {"building", "alive", "shut down", "dying", "dead"};

    LINE("%s: %s%s, refs %u, pause count %u, pages %lu of %lu, CPUs %#lx, weight %u cap %u",
         d->name, states[d->state], d->privileged ? ", control" : "", d->refs, d->pause_count,
         d->tot_pages, d->max_pages, d->dirty_cpus, d->sched_weight, d->sched_cap);
    lines--;
    for (unsigned i = 0; i < d->max_vcpus && lines; i++)
        if (d->vcpus[i]) {
            vcpu_line(d->vcpus[i]);
            lines--;
        }
    return lines;
}

static unsigned event_lines(struct domain *d, unsigned lines)
{
    LINE("%s: %u ports in use, at most %u", d->name, d->evtchn.used, d->evtchn.max_port);
    return evtchn_dump(d, lines - 1);
}

static unsigned memory_lines(struct domain *d, unsigned lines)
{
    LINE("%s: %lu pages (%lu MiB), at most %lu", d->name, d->tot_pages, d->tot_pages >> 8,
         d->max_pages);
    return lines - 1;
}

static void key_domains(void)
{
    each_domain(domain_lines);
}

static void key_events(void)
{
    each_domain(event_lines);
}

static void key_grants(void)
{
    each_domain(grants_dump);
}

static void key_memory(void)
{
    LINE("Memory: %lu pages free (%lu MiB), frames below %#lx", heap_free_frames(),
         heap_free_frames() >> 8, max_mfn);
    each_domain(memory_lines);
}

static void key_run_queues(void)
{
    sched_dump(KEY_LINES);
}

static void key_dom0(void)
{
    struct domain *d = domain_find(0);

    for (unsigned i = 0; d && i < d->max_vcpus && i < 32; i++)
        if (d->vcpus[i] && d->vcpus[i]->initialised)
            port_report_vcpu(d->vcpus[i]);
    if (d)
        domain_put(d);
}

static void key_time(void)
{
    uint64_t now = port_now(), wall = (port_wallclock_ns() + now) / 1000000000;
    struct tsc_params p;

    port_tsc_params(&p);
    LINE("System time %lu.%06lu s, UTC %lu s, CPU %u", now / 1000000000, now / 1000 % 1000000, wall,
         port_cpu());
    LINE("TSC to ns: base %lx = %lu ns, multiplier %#x, shift %d", p.tsc_base, p.ns_base, p.mul,
         p.shift);
}

static void key_help(void);

static const struct key {
    char key;
    void (*fn)(void);
    const char *what;
} keys[] = {
    {'0', key_dom0, "registers of domain 0"},
    {'C', port_crash, "crash the hypervisor"},
    {'R', machine_reboot, "reset the machine"},
    {'d', port_report_cpus, "registers of the CPUs"},
    {'e', key_events, "event channels"},
    {'g', key_grants, "grants in use"},
    {'h', key_help, "this list"},
    {'m', key_memory, "memory"},
    {'q', key_domains, "domains and vcpus"},
    {'r', key_run_queues, "run queues"},
    {'s', key_time, "the clock"},
    {'t', key_time, "the clock"},
};

static void key_help(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        LINE(" key '%c': %s", keys[i].key, keys[i].what);
}

void debug_key(char key)
{
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        if (keys[i].key == key) {
            LINE("'%c' pressed: %s", key, keys[i].what);
            keys[i].fn();
            return;
        }
    if (key > ' ' && key < 127)
        LINE("'%c' pressed: no such key; 'h' lists them", key);
}
