/* SPDX-License-Identifier: MIT */
/* LINK: boot/elfplan.c boot/elfnotes.c */
/* Checks [ABI-3] [BOOT-2] [BOOT-3]. */
#include "boot/elfplan.h"
#include "tiny_elf.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <xen/features.h>

static struct tiny_elf t;
static struct kernel_plan p;
static char err[PLAN_ERROR];

/* Planned from a buffer of exactly its size, so that the sanitizer sees each byte too far. */
static bool plan_bytes(const void *data, size_t size, enum plan_role role)
{
    uint8_t *copy = malloc(size ? size : 1);
    bool ok;

    memcpy(copy, data, size);
    err[0] = 0;
    ok = elf_plan(copy, size, role, &p, err);
    free(copy);
    cr_assert(ok || err[0], "refused without a word");
    return ok;
}

static bool plan(void)
{
    tiny_write(&t);
    return plan_bytes(t.data, t.size, PLAN_FIRST_DOMAIN);
}

static void begin(void)
{
    tiny_begin(&t);
    tiny_segment(&t, 0x1000000, 0x2000, 0x3000, 'A');
}

static void good(void)
{
    begin();
    tiny_notes(&t, TINY_BASE + 0x1000000);
}

#define REFUSED(words)                                                                             \
    do {                                                                                           \
        cr_assert(!plan());                                                                        \
        cr_assert_not_null(strstr(err, words), "says \"%s\"", err);                                \
    } while (0)

Test(elfplan, segments_go_to_paddr_minus_offset_plus_base)
{
    good();
    tiny_segment(&t, 0x1003000, 0x10, 0x10, 'B');
    tiny_number(&t, XEN_ELFNOTE_PADDR_OFFSET, 0x800000);
    tiny_number(&t, XEN_ELFNOTE_ENTRY, TINY_BASE + 0x800000);
    cr_assert(plan(), "%s", err);
    cr_assert_eq(p.segments, 2);
    cr_assert_eq(p.segment[0].va, TINY_BASE + 0x800000);
    cr_assert_eq(p.segment[0].mem_size, 0x3000);
    cr_assert_eq(p.segment[1].va, TINY_BASE + 0x803000);
    cr_assert_eq(p.kernel_start, TINY_BASE + 0x800000);
    cr_assert_eq(p.kernel_end, TINY_BASE + 0x803010);
}

Test(elfplan, what_debians_kernel_says_is_understood)
{
    uint32_t features = 0x8801;

    good();
    tiny_number(&t, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    tiny_number(&t, XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000);
    tiny_text(&t, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
    tiny_note(&t, XEN_ELFNOTE_SUPPORTED_FEATURES, &features, 4);
    tiny_number(&t, XEN_ELFNOTE_MOD_START_PFN, 1);
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x1000850);
    cr_assert(plan(), "%s", err);
    cr_assert_eq(p.init_p2m, 0x8000000000);
    cr_assert(p.mod_start_pfn && p.pvh && p.has_features);
    cr_assert_eq(p.features, 0x8811);
    cr_assert_eq(p.required, BIT(XENFEAT_writable_page_tables));
    cr_assert_eq(p.hypercall_page, PLAN_NONE);
    cr_assert_str_eq(p.loader, "generic");
}

Test(elfplan, without_entry_note_the_elf_header_tells_it)
{
    begin();
    tiny_text(&t, XEN_ELFNOTE_LOADER, "generic");
    tiny_text(&t, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    tiny_number(&t, XEN_ELFNOTE_VIRT_BASE, TINY_BASE);
    t.eh.e_entry = TINY_BASE + 0x1000010;
    cr_assert(plan(), "%s", err);
    cr_assert_eq(p.entry, TINY_BASE + 0x1000010);
}

Test(elfplan, hypercall_page_must_be_a_page_of_the_image)
{
    good();
    tiny_number(&t, XEN_ELFNOTE_HYPERCALL_PAGE, TINY_BASE + 0x1002000);
    cr_assert(plan(), "%s", err);
    good();
    tiny_number(&t, XEN_ELFNOTE_HYPERCALL_PAGE, TINY_BASE + 0x1003000);
    REFUSED("hypercall page");
    good();
    tiny_number(&t, XEN_ELFNOTE_HYPERCALL_PAGE, TINY_BASE + 0x1001008);
    REFUSED("hypercall page");
}

Test(elfplan, what_cannot_run_here_is_refused_by_name)
{
    uint32_t no_dom0 = 1;

    good();
    t.eh.e_ident[EI_CLASS] = ELFCLASS32;
    REFUSED("32-bit");
    good();
    t.eh.e_machine = EM_AARCH64;
    REFUSED("machine");
    good();
    tiny_note(&t, XEN_ELFNOTE_SUPPORTED_FEATURES, &no_dom0, 4);
    REFUSED("first domain");
    cr_assert(plan_bytes(t.data, t.size, PLAN_ANY), "%s", err);
    begin();
    tiny_number(&t, XEN_ELFNOTE_PHYS32_ENTRY, 0x1000000);
    REFUSED("PVH-only");
    begin();
    REFUSED("no Xen notes");
    good();
    tiny_text(&t, XEN_ELFNOTE_FEATURES, "!teleport");
    REFUSED("teleport");
    good();
    tiny_text(&t, XEN_ELFNOTE_FEATURES, "!auto_translated_physmap");
    REFUSED("auto_translated_physmap");
    good();
    tiny_text(&t, XEN_ELFNOTE_XEN_VERSION, "xen-9");
    REFUSED("XEN_VERSION");
    good();
    tiny_text(&t, XEN_ELFNOTE_LOADER, "special");
    REFUSED("LOADER");
    good();
    tiny_number(&t, XEN_ELFNOTE_HV_START_LOW, 0xffff900000000000);
    REFUSED("HV_START_LOW");
}

Test(elfplan, addresses_outside_the_guests_are_refused)
{
    static const uint64_t bases[] = {0xffff800000000000, 0xffff7ffffeffe000, 0x0000900000000000,
                                     0xfffffffffefff000, 0xffff87fffeffe000, 0x123};

    for (unsigned i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        good();
        tiny_number(&t, XEN_ELFNOTE_VIRT_BASE, bases[i]);
        tiny_number(&t, XEN_ELFNOTE_ENTRY, bases[i] + 0x1000000);
        cr_assert(!plan(), "base %#lx", bases[i]);
    }
    good();
    tiny_number(&t, XEN_ELFNOTE_ENTRY, TINY_BASE);
    REFUSED("entry");
    good();
    tiny_number(&t, XEN_ELFNOTE_PADDR_OFFSET, 0x1001000);
    REFUSED("segment 0");
    good();
    tiny_number(&t, XEN_ELFNOTE_INIT_P2M, 0xffff800000000000);
    REFUSED("INIT_P2M");
    good();
    tiny_number(&t, XEN_ELFNOTE_INIT_P2M, 0x8000001000);
    REFUSED("INIT_P2M");
}

Test(elfplan, lengths_that_leave_the_file_are_refused)
{
    good();
    t.ph[0].p_offset = ~0ull - 0x100;
    REFUSED("outside the file");
    good();
    t.ph[0].p_filesz = ~0ull;
    REFUSED("outside the file");
    good();
    t.ph[0].p_filesz = 0x3001, t.size += 0x4000;
    REFUSED("larger in the file");
    good();
    t.ph[0].p_memsz = ~0ull;
    REFUSED("segment 0");
    good();
    t.eh.e_phoff = ~0ull - 8;
    REFUSED("program header");
    good();
    t.eh.e_phnum = 0xfffe;
    REFUSED("program header");
    good();
    tiny_note(&t, 99, "", 0);
    t.data[TINY_NOTES + t.notes - 12] = 0xff; /* its length */
    REFUSED("past the end");
}

Test(elfplan, notes_in_a_section_count_when_no_segment_has_any)
{
    Elf64_Shdr sh = {.sh_type = SHT_NOTE, .sh_offset = TINY_NOTES};

    good();
    sh.sh_size = t.notes;
    t.notes = 0;
    memcpy(t.data + t.size, &sh, sizeof(sh));
    t.eh.e_shoff = t.size;
    t.eh.e_shnum = 1;
    t.eh.e_shentsize = sizeof(sh);
    t.size += sizeof(sh);
    cr_assert(plan(), "%s", err);
    cr_assert_eq(p.entry, TINY_BASE + 0x1000000);
}

Test(elfplan, the_old_guest_section_is_understood)
{
    static const char names[] = "\0__xen_guest";
    static const char words[] = "GUEST_OS=mini,XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,"
                                "ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x1001,LOADER=generic";
    Elf64_Shdr sh[2] = {{.sh_type = SHT_STRTAB, .sh_size = sizeof(names)},
                        {.sh_type = SHT_PROGBITS, .sh_size = sizeof(words), .sh_name = 1}};

    begin();
    t.eh.e_entry = TINY_BASE + 0x1000000;
    sh[0].sh_offset = t.size;
    memcpy(t.data + t.size, names, sizeof(names));
    t.size += 64;
    sh[1].sh_offset = t.size;
    memcpy(t.data + t.size, words, sizeof(words));
    t.size += 256;
    t.eh.e_shoff = t.size;
    t.eh.e_shnum = 2;
    t.eh.e_shentsize = sizeof(sh[0]);
    memcpy(t.data + t.size, sh, sizeof(sh));
    t.size += sizeof(sh);
    cr_assert(plan(), "%s", err);
    cr_assert(p.legacy);
    cr_assert_eq(p.hypercall_page, TINY_BASE + 0x1001000);
    cr_assert_str_eq(p.guest_os, "mini");
}

static void check_promises(size_t size)
{
    for (unsigned i = 0; i < p.segments; i++) {
        const struct kernel_segment *s = &p.segment[i];

        cr_assert(s->file_off <= size && s->file_size <= size - s->file_off);
        cr_assert(s->file_size <= s->mem_size);
        cr_assert(s->va >= p.kernel_start && s->va + s->mem_size <= p.kernel_end && s->mem_size);
    }
    cr_assert(p.virt_base <= p.kernel_start && p.kernel_start < p.kernel_end);
    cr_assert(p.entry >= p.kernel_start && p.entry < p.kernel_end);
}

Test(elfplan, a_file_cut_anywhere_is_refused_or_keeps_the_promises)
{
    unsigned refused = 0;

    good();
    tiny_write(&t);
    for (size_t n = 0; n < t.size; n += n < 0x800 ? 1 : 61) {
        if (plan_bytes(t.data, n, PLAN_ANY))
            check_promises(n);
        else
            refused++;
    }
    cr_assert_gt(refused, 0x800);
    cr_assert(plan_bytes(t.data, t.size, PLAN_ANY));
}

Test(elfplan, random_damage_is_refused_or_keeps_the_promises)
{
    unsigned accepted = 0;
    uint8_t keep;

    good();
    tiny_number(&t, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    tiny_text(&t, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb");
    tiny_write(&t);
    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        size_t at = (size_t)rand() % (TINY_NOTES + t.notes);

        keep = t.data[at];
        t.data[at] = (uint8_t)rand();
        if (elf_plan(t.data, t.size, PLAN_ANY, &p, err)) {
            check_promises(t.size);
            accepted++;
        }
        t.data[at] = keep;
    }
    cr_assert_gt(accepted, 0);
}
