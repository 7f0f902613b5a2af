/* SPDX-License-Identifier: MIT */
/*
 * What count.c uses of QEMU's plugin interface, version 1 (QEMU 7.2's manual, "TCG Plugins"). Debian does not package a
 * header of it; these are our own declarations of the documented names, which QEMU resolves when it loads the plugin.
 *
 * A block (tb) is a run of instructions that QEMU translates at once; its handle is valid only in the callback that got
 * it. A callback or an inline addition that is registered on a block happens each time the block is entered.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PLUGIN_VERSION 1
#define PLUGIN_EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum plugin_regs { PLUGIN_NO_REGS = 0 };
enum plugin_inline { PLUGIN_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id_t id, void (*translated)(plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*entered)(unsigned cpu, void *data),
                                          enum plugin_regs regs, void *data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum plugin_inline op, void *counter,
                                              uint64_t add);
void qemu_plugin_register_atexit_cb(plugin_id_t id, void (*ending)(plugin_id_t id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t n);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum plugin_inline op, void *counter, uint64_t add);
