/* SPDX-License-Identifier: MIT */
/*
 * Both multiboot specifications, read only through window_read() and window_string(): the tables
 * are the loader's, and a wrong one must end in a message, not in a wild access.
 */
#include "boot/multiboot.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Multiboot 1: byte offsets in the information structure, and its flag bits. */
enum {
    MB1_FLAGS = 0,
    MB1_MEM_UPPER = 8,
    MB1_CMDLINE = 16,
    MB1_MODS_COUNT = 20,
    MB1_MODS_ADDR = 24,
    MB1_MMAP_LENGTH = 44,
    MB1_MMAP_ADDR = 48,
    MB1_LOADER = 64,
    MB1_HAS_MEM = 1 << 0,
    MB1_HAS_CMDLINE = 1 << 2,
    MB1_HAS_MODS = 1 << 3,
    MB1_HAS_MMAP = 1 << 6,
    MB1_HAS_LOADER = 1 << 9,
};

/* Multiboot 2: tag types. */
enum {
    MB2_END = 0,
    MB2_CMDLINE = 1,
    MB2_LOADER = 2,
    MB2_MODULE = 3,
    MB2_MMAP = 6,
    MB2_ACPI_OLD = 14,
    MB2_ACPI_NEW = 15,
};

static bool window_read(const struct boot_window *w, maddr_t at, void *dst, size_t n)
{
    if (at > w->size || n > w->size - at)
        return false;
    memcpy(dst, w->base + at, n);
    return true;
}

static bool window_read32(const struct boot_window *w, maddr_t at, uint32_t *v)
{
    return window_read(w, at, v, sizeof(*v));
}

/* Copy text of at most n bytes into the string store. NULL: no room. */
static const char *keep_string(struct boot_info *out, const uint8_t *s, size_t n)
{
    char *copy = out->strings + out->strings_used;

    if (n >= sizeof(out->strings) - out->strings_used)
        return NULL;
    memcpy(copy, s, n);
    copy[n] = 0;
    out->strings_used += (unsigned)n + 1;
    return copy;
}

/* A zero-terminated string at `at` that must end before `end`. NULL: it does not, or no room. */
static const char *window_string(const struct boot_window *w, maddr_t at, maddr_t end,
                                 struct boot_info *out)
{
    const uint8_t *zero;

    end = min(end, w->size);
    if (at >= end)
        return NULL;
    zero = memchr(w->base + at, 0, end - at);
    return zero ? keep_string(out, w->base + at, (size_t)(zero - (w->base + at))) : NULL;
}

/* Without the first word: multiboot 1 puts the file's name before the arguments. */
static const char *skip_word(const char *s)
{
    while (*s == ' ')
        s++;
    while (*s && *s != ' ')
        s++;
    while (*s == ' ')
        s++;
    return s;
}

/* GRUB 2 already leaves the name out, whatever the specification says; QEMU and others put it. */
static bool names_file_first(const char *loader)
{
    return strncmp(loader, "GRUB 2", 6) != 0;
}

static int add_range(struct boot_info *out, uint64_t addr, uint64_t size, uint32_t type)
{
    struct e820_map *m = &out->e820;

    if (!size)
        return 0;
    if (m->count == E820_MAX || addr + size < addr)
        return -EINVAL;
    m->e[m->count++] = (struct e820_entry){.addr = addr, .size = size, .type = type};
    return 0;
}

static int add_module(const struct boot_window *w, struct boot_info *out, uint32_t start,
                      uint32_t end, const char *cmdline)
{
    struct boot_modules *m = &out->modules;

    if (!cmdline || start > end || end > w->size || m->count == BOOT_MODULES_MAX)
        return -EINVAL;
    m->mod[m->count++] = (struct boot_module){.start = start, .end = end, .cmdline = cmdline};
    return 0;
}

static int mb1_memory_map(const struct boot_window *w, maddr_t at, uint32_t length,
                          struct boot_info *out)
{
    maddr_t end = at + length;

    while (at + 24 <= end) {
        uint32_t size; /* of what follows it */
        struct e820_entry e;
        int rc;

        if (!window_read32(w, at, &size) || size < sizeof(e) || size > end - at - 4 ||
            !window_read(w, at + 4, &e, sizeof(e)))
            return -EINVAL;
        rc = add_range(out, e.addr, e.size, e.type);
        if (rc)
            return rc;
        at += size + 4ull;
    }
    return 0;
}

static int mb1_modules(const struct boot_window *w, maddr_t at, uint32_t count,
                       struct boot_info *out)
{
    bool skip = names_file_first(out->loader);

    for (; count; count--, at += 16) {
        uint32_t m[3]; /* start, end, string */
        const char *s = "";
        int rc;

        if (!window_read(w, at, m, sizeof(m)))
            return -EINVAL;
        if (m[2])
            s = window_string(w, m[2], w->size, out);
        rc = add_module(w, out, m[0], m[1], s && skip ? skip_word(s) : s);
        if (rc)
            return rc;
    }
    return 0;
}

static int mb1_parse(const struct boot_window *w, maddr_t info, struct boot_info *out)
{
    uint32_t word[29];
    uint32_t flags;
    int rc = 0;

    if (!window_read(w, info, word, sizeof(word)))
        return -EINVAL;
    flags = word[MB1_FLAGS / 4];
    if (flags & MB1_HAS_LOADER) {
        out->loader = window_string(w, word[MB1_LOADER / 4], w->size, out);
        if (!out->loader)
            return -EINVAL;
    }
    if (flags & MB1_HAS_CMDLINE) {
        out->cmdline = window_string(w, word[MB1_CMDLINE / 4], w->size, out);
        if (!out->cmdline)
            return -EINVAL;
        if (names_file_first(out->loader))
            out->cmdline = skip_word(out->cmdline);
    }
    if (flags & MB1_HAS_MMAP)
        rc = mb1_memory_map(w, word[MB1_MMAP_ADDR / 4], word[MB1_MMAP_LENGTH / 4], out);
    else if (flags & MB1_HAS_MEM)
        rc = add_range(out, 1u << 20, (uint64_t)word[MB1_MEM_UPPER / 4] << 10, E820_RAM);
    if (!rc && (flags & MB1_HAS_MODS))
        rc = mb1_modules(w, word[MB1_MODS_ADDR / 4], word[MB1_MODS_COUNT / 4], out);
    return rc;
}

static int mb2_memory_map(const struct boot_window *w, maddr_t tag, uint32_t size,
                          struct boot_info *out)
{
    uint32_t entry;
    int rc = 0;

    if (size < 16 || !window_read32(w, tag + 8, &entry) || entry < 24)
        return -EINVAL;
    for (maddr_t at = tag + 16; !rc && at + entry <= tag + size; at += entry) {
        struct e820_entry e;

        if (!window_read(w, at, &e, sizeof(e)))
            return -EINVAL;
        rc = add_range(out, e.addr, e.size, e.type);
    }
    return rc;
}

static int mb2_module(const struct boot_window *w, maddr_t tag, uint32_t size,
                      struct boot_info *out)
{
    uint32_t range[2];

    if (size < 17 || !window_read(w, tag + 8, range, sizeof(range)))
        return -EINVAL;
    return add_module(w, out, range[0], range[1], window_string(w, tag + 16, tag + size, out));
}

static int mb2_tag(const struct boot_window *w, maddr_t tag, uint32_t type, uint32_t size,
                   struct boot_info *out)
{
    const char *s;

    switch (type) {
    case MB2_CMDLINE:
    case MB2_LOADER:
        s = window_string(w, tag + 8, tag + size, out);
        if (!s)
            return -EINVAL;
        *(type == MB2_CMDLINE ? &out->cmdline : &out->loader) = s;
        return 0;
    case MB2_MODULE: return mb2_module(w, tag, size, out);
    case MB2_MMAP: return mb2_memory_map(w, tag, size, out);
    case MB2_ACPI_OLD:
    case MB2_ACPI_NEW: /* the newer one says more, in whichever order they come */
        if (size - 8 < out->rsdp_len)
            return 0;
        out->rsdp_len = (unsigned)min((size_t)size - 8, sizeof(out->rsdp));
        return window_read(w, tag + 8, out->rsdp, out->rsdp_len) ? 0 : -EINVAL;
    default: return 0;
    }
}

static int mb2_parse(const struct boot_window *w, maddr_t info, struct boot_info *out)
{
    uint32_t total, head[2]; /* type, size */
    maddr_t at = info + 8, end;

    if (!window_read32(w, info, &total) || total > w->size - info)
        return -EINVAL;
    for (end = info + total; at + 8 <= end; at += ROUND_UP(head[1], 8ull)) {
        int rc;

        if (!window_read(w, at, head, sizeof(head)) || head[1] < 8 || head[1] > end - at)
            return -EINVAL;
        if (head[0] == MB2_END)
            return 0;
        rc = mb2_tag(w, at, head[0], head[1], out);
        if (rc)
            return rc;
    }
    return 0;
}

int multiboot_parse(const struct boot_window *w, uint32_t magic, maddr_t info,
                    struct boot_info *out)
{
    memset(out, 0, offsetof(struct boot_info, strings));
    out->strings_used = 0;
    out->cmdline = "";
    out->loader = "";
    if (info >= w->size)
        return -EINVAL;
    if (magic == MULTIBOOT1_MAGIC)
        return mb1_parse(w, info, out);
    if (magic == MULTIBOOT2_MAGIC)
        return mb2_parse(w, info, out);
    return -EINVAL;
}
