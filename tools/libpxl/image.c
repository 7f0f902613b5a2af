/* SPDX-License-Identifier: MIT */
/* Kernel files: read, unpacked once, understood. The readers are the hypervisor's own (boot/elfplan.h, boot/bzimage.h). */
#include "internal.h"
#include "boot/bzimage.h"
#include "boot/decompress.h"
#include "boot/elfplan.h"
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/elfnote.h>
#include <xen/features.h>

const char *image_cache = "/var/cache/pxl";

#define CACHED_MOST 8 /* files: kernels are replaced now and then, and few are in use */
#define LARGEST (1ul << 30)

struct pxl_image {
    void *map;               /* the file, or the unpacked one in the cache */
    size_t map_size;
    void *unpacked;          /* from malloc, when there is no cache */
    const uint8_t *elf;
    size_t size;
    bool planned;
    struct kernel_plan plan;
    struct pxl_image_info info;
    char xen_features[128], why[PLAN_ERROR];
};

const struct kernel_plan *image_plan(const struct pxl_image *i)
{
    return i->planned ? &i->plan : NULL;
}

const uint8_t *image_bytes(const struct pxl_image *i)
{
    return i->elf;
}

const struct pxl_image_info *pxl_image_info(const struct pxl_image *i)
{
    return &i->info;
}

void pxl_image_close(struct pxl_image *i)
{
    if (!i)
        return;
    if (i->map)
        munmap(i->map, i->map_size);
    free(i->unpacked);
    free(i);
}

/* ---- the cache ---- */

static void cache_name(char *out, size_t size, const struct stat *st)
{
    /* Any write changes the ctime, and nobody can set it back. */
    snprintf(out, size, "%s/%lx-%lx-%lx-%lx.%09ld", image_cache, (unsigned long)st->st_dev, (unsigned long)st->st_ino,
             (unsigned long)st->st_size, (unsigned long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static bool map_file(struct pxl_image *i, int fd)
{
    struct stat st;

    if (fstat(fd, &st))
        return false;
    if (!S_ISREG(st.st_mode) || st.st_size <= 0) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : ENOEXEC;
        return false;
    }
    i->map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (i->map == MAP_FAILED)
        i->map = NULL;
    i->map_size = (size_t)st.st_size;
    i->elf = i->map;
    i->size = i->map_size;
    return i->map;
}

/* Makes room for one more: those used longest ago go. */
static void cache_trim(void)
{
    DIR *folder = opendir(image_cache);
    struct dirent *e;
    struct stat st;
    char oldest[300];
    time_t least;
    unsigned n;

    do {
        n = 0;
        least = 0;
        if (folder)
            rewinddir(folder);
        while (folder && (e = readdir(folder))) {
            if (fstatat(dirfd(folder), e->d_name, &st, 0) || !S_ISREG(st.st_mode))
                continue;
            if (!n++ || st.st_mtime < least) {
                least = st.st_mtime;
                snprintf(oldest, sizeof(oldest), "%s", e->d_name);
            }
        }
    } while (n >= CACHED_MOST && !unlinkat(dirfd(folder), oldest, 0));
    if (folder)
        closedir(folder);
}

/* A cache that cannot be written is no fault: it is only slower. Written beside its name and moved
 * there, so that nobody ever reads half of one. */
static void cache_write(const char *name, const void *data, size_t size)
{
    char temporary[300];
    size_t done = 0;
    int fd;

    snprintf(temporary, sizeof(temporary), "%s", image_cache);
    if (strrchr(temporary, '/') > temporary) {
        *strrchr(temporary, '/') = 0;
        mkdir(temporary, 0755);
    }
    mkdir(image_cache, 0700);
    cache_trim();
    snprintf(temporary, sizeof(temporary), "%s.%d", name, getpid());
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    while (done < size) {
        ssize_t n = write(fd, (const char *)data + done, size - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (close(fd) || done != size || rename(temporary, name))
        unlink(temporary);
}

/* ---- unpacking ---- */

/* lz4's legacy frame, as Linux has it: a magic number, then blocks with their sizes. */
static const char *unpack_lz4(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size)
{
    size_t at = 4, done = 0;

    while (at + 4 <= in_size && done < out_size) {
        uint32_t block;
        int n;

        memcpy(&block, in + at, 4);
        at += 4;
        if (block > in_size - at || block > INT32_MAX)
            return "its packed data is damaged";
        n = LZ4_decompress_safe((const char *)in + at, (char *)out + done, (int)block,
                                (int)(out_size - done > INT32_MAX ? INT32_MAX : out_size - done));
        if (n < 0)
            return "its packed data is damaged";
        at += block;
        done += (size_t)n;
    }
    return done == out_size ? NULL : "the packed kernel is smaller than it says";
}

static int unpack_now(struct pxl *p, struct pxl_image *i, const struct bzimage *bz, const char *path)
{
    static const struct unpack_memory memory = {malloc, free};
    const uint8_t *packed = (const uint8_t *)i->map + bz->off;
    const char *why;

    if (bz->unpacked_size < 4096 || bz->unpacked_size > LARGEST)
        return pxl_fail(p, NULL, 0, NULL, "unpack %s: its unpacked size, %lu bytes, is not credible", path,
                        bz->unpacked_size);
    i->unpacked = malloc(bz->unpacked_size);
    if (!i->unpacked)
        return pxl_fail(p, "malloc", ENOMEM, NULL, "unpack %s", path);
    pxl_log(p, 1, "unpacking %s (%s, %lu KiB)", path, packing_name(bz->packing), bz->unpacked_size >> 10);
    why = bz->packing == PACK_LZ4 ? unpack_lz4(packed, bz->size, i->unpacked, bz->unpacked_size)
                                  : unpack(bz->packing, packed, bz->size, i->unpacked, bz->unpacked_size, &memory);
    if (why)
        return pxl_fail(p, NULL, 0, NULL, "unpack %s: %s", path, why);
    munmap(i->map, i->map_size);
    i->map = NULL;
    i->elf = i->unpacked;
    i->size = bz->unpacked_size;
    return 0;
}

/* LIMIT: of what is cached only the size and the first bytes are looked at; the folder is root's. */
static int bz_open(struct pxl *p, struct pxl_image *i, const struct bzimage *bz, int fd, const char *path, bool no_cache)
{
    char name[256];
    struct stat st;
    void *file = i->map;
    size_t file_size = i->map_size;
    int cached;

    i->info.format = "bzImage";
    i->info.payload = packing_name(bz->packing);
    if (bz->packing == PACK_NONE) {
        i->elf += bz->off;
        i->size = bz->size;
        return 0;
    }
    if (no_cache || fstat(fd, &st))
        return unpack_now(p, i, bz, path);
    cache_name(name, sizeof(name), &st);
    cached = open(name, O_RDONLY | O_CLOEXEC);
    if (cached >= 0) {
        bool ok = map_file(i, cached) && i->size == bz->unpacked_size && !memcmp(i->elf, ELFMAG, SELFMAG);

        if (ok)
            futimens(cached, NULL); /* in use: cache_trim() */
        close(cached);
        if (ok) {
            munmap(file, file_size);
            return 0;
        }
        if (i->map && i->map != file)
            munmap(i->map, i->map_size);
        i->map = file;
        i->map_size = file_size;
    }
    if (unpack_now(p, i, bz, path))
        return -1;
    cache_write(name, i->unpacked, i->size);
    return 0;
}

/* ---- what it says ---- */

static const char *const feature_names[] = {
    "writable_page_tables", "writable_descriptor_tables", "auto_translated_physmap", "supervisor_mode_kernel",
    "pae_pgdir_above_4gb", "mmu_pt_update_preserve_ad", "highmem_assist", "gnttab_map_avail_bits", "hvm_callback_vector",
    "hvm_safe_pvclock", "hvm_pirqs", "dom0", "memory_op_vnode_supported", "ARM_SMCCC_supported", "linux_rsdp_unrestricted",
};

static void features_text(const struct kernel_plan *plan, char *out, size_t size)
{
    size_t at = 0;

    out[0] = 0;
    for (unsigned f = 0; f < sizeof(feature_names) / sizeof(feature_names[0]); f++)
        if (plan->features >> f & 1 && at < size)
            at += (size_t)snprintf(out + at, size - at, "%s%s%s", at ? "|" : "", plan->required >> f & 1 ? "!" : "",
                                   feature_names[f]);
}

static void info_fill(struct pxl_image *i)
{
    struct pxl_image_info *n = &i->info;
    const struct kernel_plan *plan = &i->plan;

    features_text(plan, i->xen_features, sizeof(i->xen_features));
    n->guest_os = plan->guest_os;
    n->guest_version = plan->guest_version;
    n->loader = plan->loader;
    n->xen_version = plan->xen_version;
    n->features = i->xen_features;
    n->entry = plan->entry;
    n->virt_base = plan->virt_base;
    n->paddr_offset = plan->paddr_offset;
    n->hypercall_page_set = plan->hypercall_page != PLAN_NONE;
    n->hypercall_page = plan->hypercall_page;
    n->init_p2m_set = plan->init_p2m != PLAN_NONE;
    n->init_p2m = plan->init_p2m;
    n->first_va = plan->kernel_start;
    n->end_va = plan->kernel_end;
    n->mod_start_pfn = plan->mod_start_pfn;
    n->suspend_cancel = plan->suspend_cancel;
}

/* The notes one by one, for `pxl check`: those of type PT_NOTE whose owner is Xen. */
static void notes_fill(struct pxl_image *i)
{
    const Elf64_Ehdr *eh = (const void *)i->elf;

    if (i->size < sizeof(*eh) || eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phoff > i->size ||
        (i->size - eh->e_phoff) / sizeof(Elf64_Phdr) < eh->e_phnum)
        return;
    for (unsigned s = 0; s < eh->e_phnum; s++) {
        Elf64_Phdr ph;
        uint64_t at, end;

        memcpy(&ph, i->elf + eh->e_phoff + s * sizeof(ph), sizeof(ph));
        if (ph.p_type != PT_NOTE || ph.p_offset > i->size || ph.p_filesz > i->size - ph.p_offset)
            continue;
        at = ph.p_offset;
        end = at + ph.p_filesz;
        while (end - at >= sizeof(Elf64_Nhdr) && i->info.nr_notes < 32) {
            Elf64_Nhdr h;
            uint64_t name = at + sizeof(h), data;

            memcpy(&h, i->elf + at, sizeof(h));
            data = name + ((h.n_namesz + 3ul) & ~3ul);
            if (h.n_namesz > end - name || data > end || h.n_descsz > end - data)
                break;
            if (h.n_namesz == 4 && !memcmp(i->elf + name, "Xen", 4)) {
                unsigned k = i->info.nr_notes++;

                i->info.note[k].type = h.n_type;
                i->info.note[k].size = h.n_descsz;
                memcpy(&i->info.note[k].value, i->elf + data, h.n_descsz < 8 ? h.n_descsz : 8);
                if (h.n_descsz && !i->elf[data + h.n_descsz - 1])
                    i->info.note[k].text = (const char *)i->elf + data;
            }
            at = data + ((h.n_descsz + 3ul) & ~3ul);
            if (at > end)
                break;
        }
    }
}

static void missing(struct pxl_image *i, const char *what)
{
    if (i->info.nr_missing < 16)
        i->info.missing[i->info.nr_missing++] = what;
}

static void judge(struct pxl_image *i)
{
    const Elf64_Ehdr *eh = (const void *)i->elf;

    if (i->size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG)) {
        missing(i, "it is neither an ELF file nor a bzImage");
        return;
    }
    if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_machine != EM_X86_64) {
        missing(i, "it is not a 64-bit x86 kernel; only 64-bit PV guests run here");
        return;
    }
    notes_fill(i);
    if (elf_plan(i->elf, i->size, PLAN_ANY, &i->plan, i->why)) {
        i->planned = true;
        info_fill(i);
        i->info.pv64 = true;
    } else {
        missing(i, i->why);
    }
}

struct pxl_image *pxl_image_open(struct pxl *p, const char *path, bool no_cache)
{
    struct pxl_image *i = calloc(1, sizeof(*i));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const char *why = NULL;
    struct bzimage bz;
    bool ok = false;

    if (!i || fd < 0 || !map_file(i, fd)) {
        pxl_fail(p, fd < 0 ? "open" : "read", errno, "kernel= names the file of a kernel in Dom0", "read kernel %s", path);
    } else {
        i->info.format = "elf64";
        i->info.payload = "none";
        switch (bzimage_parse(i->map, i->map_size, &bz, &why)) {
        case BZ_NO: ok = true; break;
        case BZ_OK: ok = !bz_open(p, i, &bz, fd, path, no_cache); break;
        case BZ_BAD: pxl_fail(p, NULL, 0, NULL, "read kernel %s: %s", path, why); break;
        }
    }
    if (fd >= 0)
        close(fd);
    if (!ok) {
        pxl_image_close(i);
        return NULL;
    }
    judge(i);
    return i;
}
