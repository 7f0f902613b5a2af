/* SPDX-License-Identifier: MIT */
#include "boot/elfnotes.h"
#include "lib/printf.h"
#include "lib/string.h"
#include <xen/elfnote.h>
#include <xen/features.h>

#define fail(err, ...) (snprintf(err, PLAN_ERROR, __VA_ARGS__), false)

static const struct {
    const char *name;
    unsigned bit;
} feature_names[] = {
    {"writable_page_tables", XENFEAT_writable_page_tables},
    {"writable_descriptor_tables", XENFEAT_writable_descriptor_tables},
    {"auto_translated_physmap", XENFEAT_auto_translated_physmap},
    {"supervisor_mode_kernel", XENFEAT_supervisor_mode_kernel},
    {"pae_pgdir_above_4gb", XENFEAT_pae_pgdir_above_4gb},
    {"hvm_callback_vector", XENFEAT_hvm_callback_vector},
    {"dom0", XENFEAT_dom0},
};

/* "a|!b|c": what it can use; with a leading ! what it cannot do without. */
static bool features_parse(struct kernel_plan *p, const char *s, size_t len, char *err)
{
    size_t i = 0;

    while (i < len && s[i]) {
        bool must = s[i] == '!';
        size_t start = i += must;
        unsigned f;

        while (i < len && s[i] && s[i] != '|')
            i++;
        for (f = 0; f < ARRAY_SIZE(feature_names); f++)
            if (strlen(feature_names[f].name) == i - start &&
                memcmp(feature_names[f].name, s + start, i - start) == 0)
                break;
        if (f < ARRAY_SIZE(feature_names)) {
            p->features |= (uint32_t)BIT(feature_names[f].bit);
            if (must)
                p->required |= (uint32_t)BIT(feature_names[f].bit);
        } else if (must) {
            return fail(err, "it requires the unknown feature \"%.*s\"", (int)min(i - start, 64ul),
                        s + start);
        }
        if (i < len && s[i] == '|')
            i++;
    }
    return true;
}

/* Text for people and comparisons: cut to its room, odd bytes shown as '?'. */
static void text_copy(char *dst, size_t room, const uint8_t *src, size_t len)
{
    size_t i;

    for (i = 0; i + 1 < room && i < len && src[i]; i++)
        dst[i] = src[i] >= ' ' && src[i] < 0x7f ? (char)src[i] : '?';
    dst[i] = 0;
}

static bool note_number(uint32_t type, const uint8_t *desc, uint32_t len, uint64_t *out, char *err)
{
    *out = 0;
    if (len != 1 && len != 2 && len != 4 && len != 8)
        return fail(err, "Xen note %u should be a number but has %u bytes", type, len);
    memcpy(out, desc, len);
    return true;
}

static bool note_apply(struct kernel_plan *p, uint32_t type, const uint8_t *desc, uint32_t len,
                       char *err)
{
    uint64_t n;

    switch (type) {
    case XEN_ELFNOTE_ENTRY: return note_number(type, desc, len, &p->entry, err);
    case XEN_ELFNOTE_HYPERCALL_PAGE: return note_number(type, desc, len, &p->hypercall_page, err);
    case XEN_ELFNOTE_VIRT_BASE: return note_number(type, desc, len, &p->virt_base, err);
    case XEN_ELFNOTE_PADDR_OFFSET: return note_number(type, desc, len, &p->paddr_offset, err);
    case XEN_ELFNOTE_HV_START_LOW: return note_number(type, desc, len, &p->hv_start_low, err);
    case XEN_ELFNOTE_INIT_P2M: return note_number(type, desc, len, &p->init_p2m, err);
    case XEN_ELFNOTE_MOD_START_PFN:
        if (!note_number(type, desc, len, &n, err))
            return false;
        p->mod_start_pfn = n != 0;
        return true;
    case XEN_ELFNOTE_SUSPEND_CANCEL:
        if (!note_number(type, desc, len, &n, err))
            return false;
        p->suspend_cancel = n != 0;
        return true;
    case XEN_ELFNOTE_SUPPORTED_FEATURES:
        if (!note_number(type, desc, len, &n, err))
            return false;
        p->has_features = true;
        p->features |= (uint32_t)n;
        return true;
    case XEN_ELFNOTE_PHYS32_ENTRY: p->pvh = true; return true;
    case XEN_ELFNOTE_XEN_VERSION:
        text_copy(p->xen_version, sizeof(p->xen_version), desc, len);
        return true;
    case XEN_ELFNOTE_GUEST_OS: text_copy(p->guest_os, sizeof(p->guest_os), desc, len); return true;
    case XEN_ELFNOTE_GUEST_VERSION:
        text_copy(p->guest_version, sizeof(p->guest_version), desc, len);
        return true;
    case XEN_ELFNOTE_LOADER: text_copy(p->loader, sizeof(p->loader), desc, len); return true;
    case XEN_ELFNOTE_FEATURES: return features_parse(p, (const char *)desc, len, err);
    case XEN_ELFNOTE_BSD_SYMTAB:
        p->bsd_symtab = len >= 3 && memcmp(desc, "yes", 3) == 0;
        return true;
    }
    return true; /* PAE_MODE, L1_MFN_VALID, … mean nothing for a 64-bit PV guest */
}

bool notes_walk(struct note_walk *w, const struct elf_image *im, uint64_t off, uint64_t len)
{
    uint64_t at = 0;

    if (off > im->size || len > im->size - off)
        return fail(w->err, "the notes at 0x%lx (0x%lx bytes) lie outside the file", off, len);
    while (len - at >= sizeof(Elf64_Nhdr)) {
        const uint8_t *p = im->data + off + at;
        Elf64_Nhdr nh;
        uint64_t name_room, end;

        memcpy(&nh, p, sizeof(nh));
        name_room = ROUND_UP((uint64_t)nh.n_namesz, 4);
        end = sizeof(nh) + name_room + nh.n_descsz; /* the last one's padding may be missing */
        if (end > len - at)
            return fail(w->err, "the note at 0x%lx runs past the end of the notes", (off + at));
        if (nh.n_namesz == 4 && memcmp(p + sizeof(nh), "Xen", 4) == 0) {
            w->found++;
            if (!note_apply(w->plan, nh.n_type, p + sizeof(nh) + name_room, nh.n_descsz, w->err))
                return false;
        }
        at = min(at + ROUND_UP(end, 4), len);
    }
    return true;
}

/* ---- the old way: one string of KEY=value,KEY=value in the section __xen_guest ---- */

static bool legacy_key(struct kernel_plan *p, const char *key, const char *val, char *err)
{
    uint64_t n = strtoul(val, NULL, 0);

    if (strcmp(key, "LOADER") == 0)
        text_copy(p->loader, sizeof(p->loader), (const uint8_t *)val, 16);
    else if (strcmp(key, "GUEST_OS") == 0)
        text_copy(p->guest_os, sizeof(p->guest_os), (const uint8_t *)val, 16);
    else if (strcmp(key, "GUEST_VER") == 0)
        text_copy(p->guest_version, sizeof(p->guest_version), (const uint8_t *)val, 16);
    else if (strcmp(key, "XEN_VER") == 0)
        text_copy(p->xen_version, sizeof(p->xen_version), (const uint8_t *)val, 16);
    else if (strcmp(key, "VIRT_BASE") == 0)
        p->virt_base = n;
    else if (strcmp(key, "VIRT_ENTRY") == 0)
        p->entry = n;
    else if (strcmp(key, "ELF_PADDR_OFFSET") == 0)
        p->paddr_offset = n;
    else if (strcmp(key, "HYPERCALL_PAGE") == 0)
        p->hypercall_page = n; /* a page number, made an address when the base is known */
    else if (strcmp(key, "BSD_SYMTAB") == 0)
        p->bsd_symtab = true;
    else if (strcmp(key, "FEATURES") == 0)
        return features_parse(p, val, strlen(val), err);
    return true;
}

static bool legacy_parse(struct kernel_plan *p, const uint8_t *s, uint64_t len, char *err)
{
    char item[128];
    uint64_t i = 0;

    p->legacy = true;
    while (i < len && s[i]) {
        size_t n = 0;
        char *eq;

        while (i < len && s[i] && s[i] != ',') {
            if (n + 1 == sizeof(item))
                return fail(err, "an item of its __xen_guest section is longer than %zu bytes",
                            sizeof(item) - 1);
            item[n++] = (char)s[i++];
        }
        item[n] = 0;
        if (i < len && s[i] == ',')
            i++;
        eq = strchr(item, '=');
        if (eq)
            *eq++ = 0;
        if (!legacy_key(p, item, eq ? eq : item + n, err))
            return false;
    }
    if (p->hypercall_page != PLAN_NONE)
        p->hypercall_page =
            (p->virt_base == PLAN_NONE ? 0 : p->virt_base) + (p->hypercall_page << PAGE_SHIFT);
    return true;
}

static bool shdr_read(const struct elf_image *im, const Elf64_Ehdr *eh, unsigned i, Elf64_Shdr *sh)
{
    uint64_t off;

    if (__builtin_add_overflow(eh->e_shoff, (uint64_t)i * sizeof(*sh), &off) || off > im->size ||
        sizeof(*sh) > im->size - off)
        return false;
    memcpy(sh, im->data + off, sizeof(*sh));
    return true;
}

/* Is the section's name `name`? */
static bool section_named(const struct elf_image *im, const Elf64_Shdr *strtab, uint32_t at,
                          const char *name)
{
    size_t n = strlen(name) + 1;

    return strtab->sh_offset <= im->size && strtab->sh_size <= im->size - strtab->sh_offset &&
           at <= strtab->sh_size && n <= strtab->sh_size - at &&
           memcmp(im->data + strtab->sh_offset + at, name, n) == 0;
}

bool notes_from_sections(struct note_walk *w, const struct elf_image *im, const Elf64_Ehdr *eh)
{
    unsigned count = eh->e_shoff && eh->e_shentsize == sizeof(Elf64_Shdr) ? eh->e_shnum : 0;
    Elf64_Shdr sh, strtab;

    for (unsigned i = 0; i < count; i++) {
        if (!shdr_read(im, eh, i, &sh))
            return fail(w->err, "section header %u lies outside the file", i);
        if (sh.sh_type == SHT_NOTE && !notes_walk(w, im, sh.sh_offset, sh.sh_size))
            return false;
    }
    if (w->found)
        return true;
    if (count && shdr_read(im, eh, eh->e_shstrndx, &strtab))
        for (unsigned i = 0; i < count && shdr_read(im, eh, i, &sh); i++) {
            if (sh.sh_type != SHT_PROGBITS ||
                !section_named(im, &strtab, sh.sh_name, "__xen_guest"))
                continue;
            if (sh.sh_offset > im->size || sh.sh_size > im->size - sh.sh_offset)
                return fail(w->err, "its __xen_guest section lies outside the file");
            return legacy_parse(w->plan, im->data + sh.sh_offset, sh.sh_size, w->err);
        }
    return fail(w->err, "no Xen notes: not built to run as a PV guest");
}
