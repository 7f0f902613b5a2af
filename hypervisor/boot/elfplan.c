/* SPDX-License-Identifier: MIT */
#include "boot/elfplan.h"
#include "boot/elfnotes.h"
#include "core/pte.h"
#include "lib/printf.h"
#include "lib/string.h"
#include <elf.h>
#include <xen/features.h>

#define fail(err, ...) (snprintf(err, PLAN_ERROR, __VA_ARGS__), false)

/* Structures of the file are copied out, because nothing aligns them. */
static bool take(const struct elf_image *im, uint64_t off, void *dst, size_t n)
{
    if (off > im->size || n > im->size - off)
        return false;
    memcpy(dst, im->data + off, n);
    return true;
}

static bool header_check(const struct elf_image *im, Elf64_Ehdr *eh, char *err)
{
    uint8_t id[EI_NIDENT];

    if (!take(im, 0, id, sizeof(id)) || memcmp(id, ELFMAG, SELFMAG) != 0)
        return fail(err, "not an ELF file");
    if (id[EI_CLASS] == ELFCLASS32)
        return fail(err, "a 32-bit kernel; only 64-bit PV kernels run here");
    if (id[EI_CLASS] != ELFCLASS64 || id[EI_DATA] != ELFDATA2LSB)
        return fail(err, "not a little-endian 64-bit ELF file");
    if (!take(im, 0, eh, sizeof(*eh)))
        return fail(err, "the file ends inside its ELF header");
    if (eh->e_machine != EM_X86_64)
        return fail(err, "a kernel for ELF machine %u, not x86-64 (%u)", eh->e_machine, EM_X86_64);
    if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
        return fail(err, "ELF type %u is not an executable", eh->e_type);
    if (eh->e_phentsize != sizeof(Elf64_Phdr))
        return fail(err, "program headers of %u bytes instead of %zu", eh->e_phentsize,
                    sizeof(Elf64_Phdr));
    return true;
}

static bool phdr_read(const struct elf_image *im, const Elf64_Ehdr *eh, unsigned i, Elf64_Phdr *ph,
                      char *err)
{
    uint64_t off;

    if (__builtin_add_overflow(eh->e_phoff, (uint64_t)i * sizeof(*ph), &off) ||
        !take(im, off, ph, sizeof(*ph)))
        return fail(err, "program header %u lies outside the file", i);
    return true;
}

/* Collect the loadable segments; their va is still the physical address. */
static bool segments_read(const struct elf_image *im, const Elf64_Ehdr *eh, struct kernel_plan *p,
                          char *err)
{
    Elf64_Phdr ph;

    for (unsigned i = 0; i < eh->e_phnum; i++) {
        if (!phdr_read(im, eh, i, &ph, err))
            return false;
        if (ph.p_type != PT_LOAD || !(ph.p_flags & (PF_R | PF_W | PF_X)) || !ph.p_memsz)
            continue;
        if (ph.p_offset > im->size || ph.p_filesz > im->size - ph.p_offset)
            return fail(err, "segment %u (file 0x%lx, 0x%lx bytes) lies outside the file", i,
                        ph.p_offset, ph.p_filesz);
        if (ph.p_filesz > ph.p_memsz)
            return fail(err, "segment %u is larger in the file than in memory", i);
        if (p->segments == PLAN_SEGMENTS)
            return fail(err, "more than %d loadable segments", PLAN_SEGMENTS);
        p->segment[p->segments++] = (struct kernel_segment){
            .file_off = ph.p_offset,
            .file_size = ph.p_filesz,
            .va = ph.p_paddr,
            .mem_size = ph.p_memsz,
        };
    }
    if (!p->segments)
        return fail(err, "no loadable segment");
    return true;
}

/* Notes from the program headers; if there are none, from the sections; else the old section. */
static bool notes_find(const struct elf_image *im, const Elf64_Ehdr *eh, struct kernel_plan *p,
                       char *err)
{
    struct note_walk w = {.plan = p, .err = err};
    Elf64_Phdr ph;

    for (unsigned i = 0; i < eh->e_phnum; i++) {
        if (!phdr_read(im, eh, i, &ph, err))
            return false;
        if (ph.p_type == PT_NOTE && !notes_walk(&w, im, ph.p_offset, ph.p_filesz))
            return false;
    }
    if (w.found)
        return true;
    return notes_from_sections(&w, im, eh);
}

static bool notes_check(const struct kernel_plan *p, enum plan_role role, char *err)
{
    if (!p->xen_version[0] && !p->loader[0] && p->virt_base == PLAN_NONE && p->pvh)
        return fail(
            err, "a PVH-only kernel (its only note of use is PHYS32_ENTRY); it needs a PV entry");
    if (strncmp(p->xen_version, "xen-3.0", 7) != 0)
        return fail(err, "its XEN_VERSION note is \"%s\" instead of \"xen-3.0\"", p->xen_version);
    if (strncmp(p->loader, "generic", 7) != 0 && strncmp(p->guest_os, "linux", 5) != 0)
        return fail(err, "its LOADER note is \"%s\" instead of \"generic\" and it is not Linux",
                    p->loader);
    if (role == PLAN_FIRST_DOMAIN && p->has_features && !(p->features & BIT(XENFEAT_dom0)))
        return fail(err,
                    "it does not support being the first domain (SUPPORTED_FEATURES 0x%x lacks "
                    "bit %d)",
                    p->features, XENFEAT_dom0);
    if (p->required & BIT(XENFEAT_auto_translated_physmap))
        return fail(err, "it requires auto_translated_physmap, which PV does not have");
    if (p->required & BIT(XENFEAT_supervisor_mode_kernel))
        return fail(err, "it requires supervisor_mode_kernel; PV kernels run in ring 3 here");
    if (p->hv_start_low != PLAN_NONE && p->hv_start_low > HV_VIRT_START)
        return fail(err,
                    "it wants the addresses up to HV_START_LOW 0x%lx for itself, and the "
                    "hypervisor's begin at 0x%lx",
                    p->hv_start_low, (uint64_t)HV_VIRT_START);
    return true;
}

/* Turn physical into virtual addresses and find the image's ends. */
static bool segments_place(struct kernel_plan *p, char *err)
{
    uint64_t shift = p->virt_base - p->paddr_offset; /* modulo 2^64, as the ABI has it */

    p->kernel_start = ~0ull;
    p->kernel_end = 0;
    for (unsigned i = 0; i < p->segments; i++) {
        struct kernel_segment *s = &p->segment[i];
        uint64_t end;

        s->va += shift;
        if (__builtin_add_overflow(s->va, s->mem_size, &end) || !va_is_guest(s->va, s->mem_size) ||
            !va_canonical(s->va) || !va_canonical(end - 1))
            return fail(err,
                        "segment %u would lie at 0x%lx, 0x%lx bytes, which is no guest address", i,
                        s->va, s->mem_size);
        if (s->va < p->virt_base)
            return fail(err, "segment %u would lie at 0x%lx, below VIRT_BASE 0x%lx", i, s->va,
                        p->virt_base);
        p->kernel_start = min(p->kernel_start, s->va);
        p->kernel_end = max(p->kernel_end, end);
    }
    if (!va_is_guest(p->virt_base, p->kernel_end - p->virt_base))
        return fail(err, "the hypervisor's addresses lie between VIRT_BASE 0x%lx and the kernel",
                    p->virt_base);
    return true;
}

static bool addresses_check(const struct kernel_plan *p, char *err)
{
    if (p->entry < p->kernel_start || p->entry >= p->kernel_end)
        return fail(err, "its entry 0x%lx is outside its image 0x%lx..0x%lx", p->entry,
                    p->kernel_start, p->kernel_end);
    if (p->hypercall_page != PLAN_NONE &&
        (p->hypercall_page & ~PAGE_MASK || p->hypercall_page < p->kernel_start ||
         p->hypercall_page >= p->kernel_end || p->kernel_end - p->hypercall_page < PAGE_SIZE))
        return fail(err, "its hypercall page 0x%lx is not a page of its image 0x%lx..0x%lx",
                    p->hypercall_page, p->kernel_start, p->kernel_end);
    if (p->init_p2m == PLAN_NONE)
        return true;
    if (p->init_p2m & (BIT(21) - 1) || !va_canonical(p->init_p2m) ||
        !va_is_guest(p->init_p2m, BIT(21)))
        return fail(err, "its INIT_P2M 0x%lx is not a 2 MiB-aligned guest address", p->init_p2m);
    if (p->init_p2m >= p->kernel_start && p->init_p2m < p->kernel_end)
        return fail(err, "its INIT_P2M 0x%lx lies inside its image", p->init_p2m);
    return true;
}

static bool defaults_fill(struct kernel_plan *p, const Elf64_Ehdr *eh, char *err)
{
    if (p->paddr_offset != PLAN_NONE && p->virt_base == PLAN_NONE)
        return fail(err, "it has a PADDR_OFFSET note but no VIRT_BASE");
    if (p->virt_base == PLAN_NONE)
        p->virt_base = 0;
    if (p->virt_base & ~PAGE_MASK)
        return fail(err, "its VIRT_BASE 0x%lx is not page-aligned", p->virt_base);
    /* Old images said physical addresses relative to their base, new ones from 0. */
    if (p->paddr_offset == PLAN_NONE)
        p->paddr_offset = p->legacy ? p->virt_base : 0;
    if (p->entry == PLAN_NONE)
        p->entry = eh->e_entry;
    return true;
}

bool elf_plan(const void *image, size_t size, enum plan_role role, struct kernel_plan *plan,
              char *err)
{
    const struct elf_image im = {.data = image, .size = size};
    Elf64_Ehdr eh;

    *plan = (struct kernel_plan){
        .entry = PLAN_NONE,
        .virt_base = PLAN_NONE,
        .paddr_offset = PLAN_NONE,
        .hypercall_page = PLAN_NONE,
        .init_p2m = PLAN_NONE,
        .hv_start_low = PLAN_NONE,
    };
    return header_check(&im, &eh, err) && segments_read(&im, &eh, plan, err) &&
           notes_find(&im, &eh, plan, err) && notes_check(plan, role, err) &&
           defaults_fill(plan, &eh, err) && segments_place(plan, err) && addresses_check(plan, err);
}
