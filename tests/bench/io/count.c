/* SPDX-License-Identifier: MIT */
/*
 * A plugin for QEMU that counts instructions, those of the hypervisor apart, and what changes page tables (a write of CR3, which under
 * QEMU's emulation throws away all that it knows of translations), between marks of a program: 64 bytes of code each, from `marks` on.
 * One CPU only.
 *
 *     -plugin count.so,out=FILE,marks=ADDRESS
 *
 * FILE gets a line `mark all hypervisor cr3 invlpg` whenever a mark is executed: the numbers since the machine began.
 */
#include "../boot/qemu_plugin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HV_FIRST 0xffff800000000000ul
#define HV_END   0xffff880000000000ul
#define MARKS    32
#define MARK     64

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_VERSION;
PLUGIN_EXPORT int qemu_plugin_install(plugin_id_t id, const void *info, int argc, char **argv);

static uint64_t all, in_hypervisor, cr3_writes, invlpgs, marks_at;
static FILE *out;

static void marked(unsigned cpu, void *data)
{
    (void)cpu;
    fprintf(out, "%lu %lu %lu %lu %lu\n", (unsigned long)data, all, in_hypervisor, cr3_writes, invlpgs);
    fflush(out);
}

/* mov to CR3, and invlpg; a prefix may stand before them. */
static uint64_t *counter_of(const struct qemu_plugin_insn *insn)
{
    const uint8_t *op = qemu_plugin_insn_data(insn);
    size_t n = qemu_plugin_insn_size(insn);

    if (n && (op[0] & 0xf0) == 0x40)
        op++, n--;
    if (n < 3 || op[0] != 0x0f)
        return NULL;
    if (op[1] == 0x22 && (op[2] & 0x38) == 0x18)
        return &cr3_writes;
    return op[1] == 0x01 && (op[2] & 0x38) == 0x38 && op[2] < 0xc0 ? &invlpgs : NULL;
}

static void translated(plugin_id_t id, struct qemu_plugin_tb *tb)
{
    uint64_t at = qemu_plugin_tb_vaddr(tb), n = qemu_plugin_tb_n_insns(tb);

    (void)id;
    for (uint64_t i = 0; i < n; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t *counter = counter_of(insn);

        if (counter)
            qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_ADD_U64, counter, 1);
    }
    qemu_plugin_register_vcpu_tb_exec_inline(tb, PLUGIN_ADD_U64, &all, n);
    if (at >= HV_FIRST && at < HV_END)
        qemu_plugin_register_vcpu_tb_exec_inline(tb, PLUGIN_ADD_U64, &in_hypervisor, n);
    if (at >= marks_at && at < marks_at + MARKS * MARK)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, marked, PLUGIN_NO_REGS, (void *)((at - marks_at) / MARK));
}

int qemu_plugin_install(plugin_id_t id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "out=", 4))
            out = fopen(argv[i] + 4, "w");
        else if (!strncmp(argv[i], "marks=", 6))
            marks_at = strtoul(argv[i] + 6, NULL, 16);
        else
            return -1;
    }
    if (!out || !marks_at)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
