/* SPDX-License-Identifier: MIT */
/*
 * A guest that attacks: random hypercalls with bad arguments, random page-table entries, privileged
 * instructions, exceptions and accesses to the hypervisor's memory, then a crash. The random
 * numbers are the same in every run. What would only stop this guest itself (its own trap table,
 * callbacks, segments, shutdown) is left out until the end.
 */
#include "pvguest.h"

#define ROUNDS 50000u
#define SCRATCH_PAGES 8u

static uint64_t seed = 0x243f6a8885a308d3ull;
static void *pages[SCRATCH_PAGES];
#define TARGETS 4u
static unsigned long target_va[TARGETS];
static uint64_t target_pte[TARGETS]; /* Their entries' machine addresses. */

static uint64_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* An argument: a small number, a pointer to something, or any bits. */
static unsigned long argument(void)
{
    uint64_t r = random_word();

    switch (r % 10) {
    case 0: return 0;
    case 1: return r >> 60;
    case 2: return (unsigned long)pages[(r >> 8) % SCRATCH_PAGES];
    case 3: return (unsigned long)pages[(r >> 8) % SCRATCH_PAGES] + PAGE_SIZE - 4;
    case 4: return 0xffff800000000000ul + (r >> 24);
    case 5: return 0x0000800000000000ul + (r & 0xfff);
    case 6: return ~0ul - (r >> 52);
    case 7: return (unsigned long)start_info;
    case 8: return 0xffff830000000000ul + (r >> 30);
    default: return random_word();
    }
}

static bool only_hurts_itself(unsigned int nr)
{
    switch (nr) {
    case HYPERCALL_NR_set_trap_table:
    case HYPERCALL_NR_set_gdt:
    case HYPERCALL_NR_stack_switch:
    case HYPERCALL_NR_set_callbacks:
    case HYPERCALL_NR_sched_op_compat:
    case HYPERCALL_NR_memory_op: /* gives away the memory it runs in */
    case HYPERCALL_NR_multicall: /* could hold any of these */
    case HYPERCALL_NR_console_io:
    case HYPERCALL_NR_iret:
    case HYPERCALL_NR_vcpu_op:
    case HYPERCALL_NR_set_segment_base:
    case HYPERCALL_NR_sched_op:
    case HYPERCALL_NR_callback_op: return true;
    default: return false;
    }
}

static void attack_hypercall(void)
{
    unsigned int nr = random_word() % 64;

    if (!only_hurts_itself(nr))
        hypercall_raw(nr, argument(), argument(), argument(), argument(), argument());
}

static void attack_page_table(void)
{
    unsigned int i = random_word() % TARGETS;
    uint64_t entry = random_word(), value;
    unsigned long va = target_va[i];
    mmu_update_t update = {.ptr = target_pte[i] | (entry >> 62), .val = entry};

    if (entry & 1) /* A frame that exists, any flags. */
        update.val = pte_make((entry >> 20) % 0x10000, entry & (PTE_NX | 0xfff));
    if (hypercall_mmu_update(&update, 1, NULL, DOMID_SELF) == 0)
        try_read((void *)va, &value);
    hypercall_update_va_mapping(va, random_word(), random_word() & 7);
    hypercall_update_va_mapping(va, 0, UVMF_INVLPG);
}

static void attack_instruction(void)
{
    uint32_t a = (uint32_t)random_word(), c = (uint32_t)random_word(), d = 0;
    uint64_t wide = random_word();

    switch (random_word() % 8) {
    case 0: TRY_ASM("rdmsr", : "=a"(a), "=d"(d) : "c"(c)); break;
    case 1: TRY_ASM("wrmsr", : : "a"(a), "d"(d), "c"(c)); break;
    case 2: TRY_ASM("mov %0, %%cr4", : : "r"(wide)); break;
    case 3: TRY_ASM("lgdt (%0)", : : "r"(pages[0]) : "memory"); break;
    case 4: TRY_ASM("ud2", :); break;
    case 5: TRY_ASM("hlt", :); break;
    case 6: TRY_ASM("invlpg (%0)", : : "r"(wide) : "memory"); break;
    default: TRY_ASM("mov %0, %%dr7", : : "r"(wide)); break;
    }
}

static void attack_memory(void)
{
    unsigned long where = 0xffff800000000000ul + (random_word() >> 17);
    uint64_t value;

    try_read((void *)where, &value);
    try_write((void *)where, random_word());
}

static void prepare(void)
{
    for (unsigned int i = 0; i < SCRATCH_PAGES; i++) {
        uint64_t *words = pages[i] = page_alloc();

        for (unsigned int j = 0; i % 2 && j < PAGE_SIZE / sizeof(*words); j++)
            words[j] = random_word() >> (random_word() % 64);
    }
    target_va[0] = (unsigned long)va_alloc(TARGETS);
    for (unsigned int i = 0; i < TARGETS; i++) {
        target_va[i] = target_va[0] + i * PAGE_SIZE;
        target_pte[i] = pte_maddr((void *)target_va[i]);
    }
}

int main(void)
{
    prepare();
    printf("hostile: starts\n");
    console_emergency();
    events_disable();
    for (unsigned int round = 0; round < ROUNDS; round++) {
        switch (random_word() % 4) {
        case 0: attack_page_table(); break;
        case 1: attack_instruction(); break;
        case 2: attack_memory(); break;
        default: attack_hypercall(); break;
        }
    }
    printf("hostile: has done its worst\n");
    console_flush();

    /* Without a trap table the next exception is the end. */
    hypercall_set_trap_table(NULL);
    asm volatile("ud2");
    return 0;
}
