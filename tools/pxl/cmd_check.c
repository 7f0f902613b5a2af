/* SPDX-License-Identifier: MIT */
/* pxl check: is this image a PV64 kernel, before anything is made of it. */
#include "command.h"

static const char *const notes[] = {
    "INFO", "ENTRY", "HYPERCALL_PAGE", "VIRT_BASE", "PADDR_OFFSET", "XEN_VERSION", "GUEST_OS", "GUEST_VERSION", "LOADER",
    "PAE_MODE", "FEATURES", "BSD_SYMTAB", "HV_START_LOW", "L1_MFN_VALID", "SUSPEND_CANCEL", "INIT_P2M", "MOD_START_PFN",
    "SUPPORTED_FEATURES", "PHYS32_ENTRY",
};

/* Which notes are texts (xen/elfnote.h); the others are numbers or, L1_MFN_VALID, pairs of them. */
static bool is_text(const struct pxl_image_info *i, unsigned n)
{
    uint32_t type = i->note[n].type;

    return type >= 5 && type <= 10 && i->note[n].text;
}

static const char *note_name(uint32_t type)
{
    return type < sizeof(notes) / sizeof(notes[0]) ? notes[type] : "?";
}

static void text(const char *path, const struct pxl_image_info *i)
{
    printf("%s: %s", path, i->pv64 ? "a PV64 kernel" : "not a PV64 kernel");
    printf(" (%s, payload %s)\n", i->format, i->payload);
    for (unsigned m = 0; m < i->nr_missing; m++)
        printf("  %s\n", i->missing[m]);
    if (i->pv64) {
        printf("  guest      %s %s\n", i->guest_os, i->guest_version);
        printf("  entry      %#lx\n  addresses  %#lx to %#lx, base %#lx, physical offset %#lx\n", i->entry, i->first_va, i->end_va,
               i->virt_base, i->paddr_offset);
        printf("  hypercalls %s\n", i->hypercall_page_set ? "by a page it names" : "by its own syscall instructions");
        printf("  memory     list of frames %s, initrd %s\n", i->init_p2m_set ? "at an address it names" : "behind the image",
               i->mod_start_pfn ? "by frame" : "mapped");
        printf("  suspend    %s\n", i->suspend_cancel ? "can be cancelled" : "cannot be cancelled");
    }
    for (unsigned n = 0; n < i->nr_notes; n++) {
        if (is_text(i, n))
            printf("  note %2u %-18s \"%s\"\n", i->note[n].type, note_name(i->note[n].type), i->note[n].text);
        else
            printf("  note %2u %-18s %#lx\n", i->note[n].type, note_name(i->note[n].type), i->note[n].value);
    }
}

static void json(struct call *c, const char *path, const struct pxl_image_info *i)
{
    js_open(c);
    js_text(c, "file", path);
    js_bool(c, "pv64", i->pv64);
    js_text(c, "format", i->format);
    js_text(c, "payload", i->payload);
    js_list(c, "missing");
    for (unsigned m = 0; m < i->nr_missing; m++)
        js_text(c, NULL, i->missing[m]);
    js_list_end(c);
    js_list(c, "notes");
    for (unsigned n = 0; n < i->nr_notes; n++) {
        js_open(c);
        js_number(c, "type", i->note[n].type);
        js_text(c, "name", note_name(i->note[n].type));
        if (is_text(i, n))
            js_text(c, "text", i->note[n].text);
        else
            js_number(c, "value", i->note[n].value);
        js_close(c);
    }
    js_list_end(c);
    if (i->pv64) {
        js_text(c, "guest_os", i->guest_os);
        js_text(c, "guest_version", i->guest_version);
        js_text(c, "features", i->features);
        js_number(c, "entry", i->entry);
        js_number(c, "virt_base", i->virt_base);
    }
    js_close(c);
}

int cmd_check(struct call *c)
{
    int rc = 0;

    if (c->json)
        js_list(c, NULL);
    for (int k = 0; k < c->argc; k++) {
        struct pxl_image *image = pxl_image_open(c->p, c->argv[k], true);

        if (!image)
            return failed(c);
        if (c->json)
            json(c, c->argv[k], pxl_image_info(image));
        else
            text(c->argv[k], pxl_image_info(image));
        rc |= !pxl_image_info(image)->pv64;
        pxl_image_close(image);
    }
    if (c->json)
        js_list_end(c);
    return rc;
}
