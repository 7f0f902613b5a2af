/* SPDX-License-Identifier: MIT */
/*
 * A plugin for QEMU that counts instructions, those of the hypervisor apart, between marks of a program: 64 bytes of code
 * each, from `marks` on. One CPU only.
 *
 *     -plugin count.so,out=FILE,marks=ADDRESS
 *
 * FILE gets a line `mark all hypervisor` whenever a mark is executed: the numbers since the machine began.
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

static uint64_t all, in_hypervisor, marks_at;
static FILE *out;

static void marked(unsigned cpu, void *data)
{
    (void)cpu;
    fprintf(out, "%lu %lu %lu\n", (unsigned long)data, all, in_hypervisor);
    fflush(out);
}

static void translated(plugin_id_t id, struct qemu_plugin_tb *tb)
{
    uint64_t at = qemu_plugin_tb_vaddr(tb), n = qemu_plugin_tb_n_insns(tb);

    (void)id;
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
