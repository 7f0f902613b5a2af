/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables. A guest's GDT is a window of 16 pages at a fixed address of its own (per-domain
 * slot): pages 0-13 map the frames it named, page 14 the running CPU's own descriptors, page 15 nothing.
 */
#include "core/log.h"
#include "core/pagetype.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap.h"

#define DESC_CODE64 0x00af9b000000ffffull
#define DESC_DATA   0x00cf93000000ffffull
#define DESC_CODE64_USER 0x00affb000000ffffull
#define DESC_CODE32_USER 0x00cffb000000ffffull
#define DESC_DATA_USER   0x00cff3000000ffffull

#define SLOT(sel) (((sel) - 0xe000) / 8)
#define VCPUS_PER_L1 16

static mfn_t zero_frame; /* stands for GDT pages a guest did not give: every selector there faults */

void reload_cs(void);

struct desc_ptr { uint16_t limit; uint64_t base; } __attribute__((packed));

static void lgdt(uint64_t base)
{
    struct desc_ptr p = { GDT_LIMIT, base };

    __asm__ volatile("lgdt %0" ::"m"(p));
}

static void system_descriptor(uint64_t *slot, uint64_t base, uint32_t limit, uint8_t type)
{
    slot[1] = base >> 32;
    slot[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | (uint64_t)(0x80 | type) << 40 |
              (uint64_t)(limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
}

void desc_init_cpu(struct cpu *c)
{
    c->gdt_mfn = heap_alloc(0, 0);
    if (mfn_eq(c->gdt_mfn, MFN_INVALID))
        panic("no memory for CPU %u's descriptors", c->id);
    if (!zero_frame.n)
        zero_frame = heap_alloc(0, 0);
    c->gdt = frame_va(c->gdt_mfn);
    c->gdt[SLOT(SEL_HV_CS)] = DESC_CODE64;
    c->gdt[SLOT(SEL_HV_DS)] = DESC_DATA;
    c->gdt[SLOT(SEL_CS32 & ~7)] = DESC_CODE32_USER;
    c->gdt[SLOT(SEL_DS & ~7)] = DESC_DATA_USER;
    c->gdt[SLOT(SEL_CS64 & ~7)] = DESC_CODE64_USER;
    c->tss.iobmp = sizeof(c->tss); /* no I/O permission bitmap */
    for (unsigned i = IST_DF; i <= IST_DB; i++)
        c->tss.ist[i - 1] = (uint64_t)c->stack + i * (STACK_SIZE / 10 & ~15);
    system_descriptor(&c->gdt[SLOT(SEL_TSS)], (uint64_t)&c->tss, sizeof(c->tss) - 1, 9);
    desc_load_idle(c);
    reload_cs();
    __asm__ volatile("mov %0, %%ss\n\tmov %1, %%ds\n\tmov %1, %%es\n\tmov %1, %%fs\n\tmov %1, %%gs\n\t"
                     "ltr %2\n\tlldt %w1" ::"r"(SEL_HV_DS), "r"(0), "r"((uint16_t)SEL_TSS));
}

/* Only page 14 of this window is ever looked at. */
void desc_load_idle(struct cpu *c)
{
    lgdt((uint64_t)c->gdt - 14 * PAGE_SIZE);
}

static uint64_t *window_l1(struct vcpu *v)
{
    uint64_t *l3 = frame_va(MFN(v->domain->perdomain_l3)), *l2 = frame_va(pte_mfn(l3[0]));

    return (uint64_t *)frame_va(pte_mfn(l2[v->id / VCPUS_PER_L1])) + v->id % VCPUS_PER_L1 * 32;
}

/* Before the address space is loaded: the window's page 14 must be this CPU's. */
void desc_load_vcpu(struct cpu *c, struct vcpu *v)
{
    window_l1(v)[14] = pte_make(c->gdt_mfn, PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX);
}

static void ldt_load(struct cpu *c, struct vcpu *v)
{
    if (v->ldt_ents) {
        system_descriptor(&c->gdt[SLOT(SEL_LDT)], LDT_VIRT(v->id), v->ldt_ents * 8 - 1, 2);
        __asm__ volatile("lldt %w0" ::"r"(SEL_LDT));
    } else {
        __asm__ volatile("lldt %w0" ::"r"(0));
    }
}

/* After it. */
void desc_load_vcpu_tables(struct cpu *c, struct vcpu *v)
{
    lgdt(GDT_VIRT(v->id));
    ldt_load(c, v);
}

void port_load_gdt(struct vcpu *v)
{
    uint64_t *l1 = window_l1(v);
    bool live = current_vcpu() == v;

    for (unsigned i = 0; i < 14; i++) {
        bool given = i < DIV_ROUND_UP(v->gdt_ents, 512u);
        uint64_t e = given ? pte_make(MFN(v->gdt_frames[i]), PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
                           : pte_make(zero_frame, PTE_P | PTE_A | PTE_NX);

        if (l1[i] == e)
            continue;
        l1[i] = e;
        if (live)
            invlpg(GDT_VIRT(v->id) + i * PAGE_SIZE);
    }
    l1[15] = pte_make(zero_frame, PTE_P | PTE_A | PTE_NX);
}

void port_load_ldt(struct vcpu *v)
{
    uint64_t *l1 = window_l1(v) + 16;
    bool live = current_vcpu() == v;

    for (unsigned i = 0; i < 16; i++) {
        uint64_t e = v->ldt_frames[i] && i < DIV_ROUND_UP(v->ldt_ents, 512u)
                         ? pte_make(MFN(v->ldt_frames[i]), PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
                         : 0;

        if (l1[i] == e)
            continue;
        l1[i] = e;
        if (live)
            invlpg(LDT_VIRT(v->id) + i * PAGE_SIZE);
    }
    if (live)
        ldt_load(this_cpu(), v);
}

/* ---- the per-domain tables ---- */

static uint64_t table_entry_new(void)
{
    mfn_t m = heap_alloc(0, 0);

    return mfn_eq(m, MFN_INVALID) ? 0 : pte_make(m, PTE_P | PTE_RW | PTE_A);
}

int port_domain_init(struct domain *d)
{
    uint64_t l3 = table_entry_new(), l2 = table_entry_new();

    if (!l3 || !l2) {
        if (l3)
            heap_free(pte_mfn(l3), 0);
        if (l2)
            heap_free(pte_mfn(l2), 0);
        return -ENOMEM;
    }
    d->perdomain_l3 = pte_mfn(l3).n;
    *(uint64_t *)frame_va(pte_mfn(l3)) = l2;
    return 0;
}

void port_domain_free(struct domain *d)
{
    uint64_t *l3, *l2;

    if (!d->perdomain_l3)
        return;
    l3 = frame_va(MFN(d->perdomain_l3));
    l2 = frame_va(pte_mfn(l3[0]));
    for (unsigned i = 0; i < PTES_PER_TABLE; i++)
        if (l2[i])
            heap_free(pte_mfn(l2[i]), 0);
    heap_free(pte_mfn(l3[0]), 0);
    heap_free(MFN(d->perdomain_l3), 0);
    d->perdomain_l3 = 0;
}

int desc_vcpu_init(struct vcpu *v)
{
    uint64_t *l3 = frame_va(MFN(v->domain->perdomain_l3)), *l2 = frame_va(pte_mfn(l3[0]));
    uint64_t *slot = &l2[v->id / VCPUS_PER_L1];

    if (!*slot)
        *slot = table_entry_new();
    if (!*slot)
        return -ENOMEM;
    port_load_gdt(v);
    return 0;
}

void port_l4_init_slots(struct domain *d, uint64_t *l4)
{
    paging_copy_slots(l4);
    l4[pte_index(PERDOMAIN_VIRT, 4)] = pte_make(MFN(d->perdomain_l3), PTE_P | PTE_RW | PTE_A);
}
