/* SPDX-License-Identifier: MIT */
/*
 * A plugin for QEMU that counts how often each block of instructions is entered while a hypervisor boots its first
 * domain: by phase, and inside the hypervisor by what it was entered for. One CPU only.
 *
 *     -plugin count.so,out=FILE,start=ADDR,build=ADDR,enter=ADDR-END:CLASS,enter=...
 *
 * Phases: firmware until `start` (the hypervisor's first instruction), then start until `build` (where the first domain's
 * construction begins), build until the first instruction at a guest kernel's address, boot until the first at a user's,
 * and whatever comes after. A block within an `enter` makes what follows in the hypervisor belong to CLASS, a number.
 *
 * FILE gets lines `vaddr instructions phase class times`. A block that a fault leaves half-way counts whole; what QEMU
 * translates anew, to execute a device access as the last instruction of a block, counts once more.
 */
#include "qemu_plugin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HV_FIRST 0xffff800000000000ul
#define HV_END   0xffff880000000000ul
#define USER_END 0x0000800000000000ul
#define BUCKETS  (1u << 16)
#define MAX_ENTERS 64

enum phase { FIRMWARE, START, BUILD, BOOT, AFTER, PHASES };
enum { CLASSES = 8 };

struct block {
    struct block *next;
    uint64_t vaddr, insns;
    uint64_t inlined;               /* guest's code: entered since the phase began */
    uint64_t times[PHASES * CLASSES];
    enum phase from;                /* entering it begins this phase */
    int class;                      /* entering it begins this class, or -1 */
};

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_VERSION;
PLUGIN_EXPORT int qemu_plugin_install(plugin_id_t id, const void *info, int argc, char **argv);

static struct block *blocks[BUCKETS];
static const char *out = "count.txt";
static uint64_t start_at, build_at;
static struct {
    uint64_t first, end;
    int class;
} enters[MAX_ENTERS];
static unsigned nr_enters;
static enum phase phase;
static unsigned class;

/* The inline counters know no phase: they are emptied into the phase that ends. */
static void phase_begin(enum phase next)
{
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct block *b = blocks[i]; b; b = b->next) {
            b->times[phase * CLASSES] += b->inlined;
            b->inlined = 0;
        }
    phase = next;
    class = 0;
}

static void entered(unsigned cpu, void *data)
{
    struct block *b = data;

    (void)cpu;
    if (__builtin_expect(b->class >= 0, 0))
        class = (unsigned)b->class;
    b->times[phase * CLASSES + class]++;
}

static void entered_mark(unsigned cpu, void *data)
{
    struct block *b = data;

    (void)cpu;
    if (phase + 1 == b->from)
        phase_begin(b->from);
}

static struct block *block_find(uint64_t vaddr, uint64_t insns)
{
    struct block **bucket = &blocks[(vaddr ^ vaddr >> 16) % BUCKETS], *b;

    for (b = *bucket; b; b = b->next)
        if (b->vaddr == vaddr && b->insns == insns)
            return b;
    b = calloc(1, sizeof(*b));
    if (!b)
        abort();
    *b = (struct block){ .next = *bucket, .vaddr = vaddr, .insns = insns, .class = -1 };
    for (unsigned i = 0; i < nr_enters; i++)
        if (enters[i].first <= vaddr && vaddr < enters[i].end)
            b->class = enters[i].class;
    *bucket = b;
    return b;
}

static enum phase begins(uint64_t vaddr)
{
    if (vaddr == start_at)
        return START;
    if (vaddr == build_at)
        return BUILD;
    if (phase >= BUILD && vaddr < USER_END)
        return AFTER;
    return vaddr >= HV_END ? BOOT : FIRMWARE;
}

static void translated(plugin_id_t id, struct qemu_plugin_tb *tb)
{
    struct block *b = block_find(qemu_plugin_tb_vaddr(tb), qemu_plugin_tb_n_insns(tb));
    int in_hv = phase < BOOT || (b->vaddr >= HV_FIRST && b->vaddr < HV_END);

    (void)id;
    b->from = begins(b->vaddr);
    if (b->from && phase < b->from)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, entered_mark, PLUGIN_NO_REGS, b);
    if (in_hv)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, entered, PLUGIN_NO_REGS, b);
    else
        qemu_plugin_register_vcpu_tb_exec_inline(tb, PLUGIN_ADD_U64, &b->inlined, 1);
}

static void ending(plugin_id_t id, void *data)
{
    FILE *f = fopen(out, "w");

    (void)id, (void)data;
    if (!f)
        return perror(out);
    phase_begin(phase);
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct block *b = blocks[i]; b; b = b->next)
            for (unsigned n = 0; n < PHASES * CLASSES; n++)
                if (b->times[n])
                    fprintf(f, "%lx %lu %u %u %lu\n", b->vaddr, b->insns, n / CLASSES, n % CLASSES, b->times[n]);
    fclose(f);
}

static int enter_parse(char *text)
{
    unsigned n = nr_enters++;

    if (n == MAX_ENTERS)
        return -1;
    enters[n].first = strtoul(text, &text, 16);
    if (*text++ != '-')
        return -1;
    enters[n].end = strtoul(text, &text, 16);
    if (*text++ != ':')
        return -1;
    enters[n].class = atoi(text);
    return (unsigned)enters[n].class < CLASSES ? 0 : -1;
}

int qemu_plugin_install(plugin_id_t id, const void *info, int argc, char **argv)
{
    int rc = 0;

    (void)info;
    for (int i = 0; i < argc && !rc; i++) {
        if (!strncmp(argv[i], "out=", 4))
            rc = (out = strdup(argv[i] + 4)) ? 0 : -1;
        else if (!strncmp(argv[i], "start=", 6))
            start_at = strtoul(argv[i] + 6, NULL, 16);
        else if (!strncmp(argv[i], "build=", 6))
            build_at = strtoul(argv[i] + 6, NULL, 16);
        else if (!strncmp(argv[i], "enter=", 6))
            rc = enter_parse(argv[i] + 6);
        else
            rc = -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ending, NULL);
    return rc;
}
