/* SPDX-License-Identifier: MIT */
/* Makes small ELF kernels for the tests of the boot code: some segments and Xen notes. */
#ifndef TESTS_TINY_ELF_H
#define TESTS_TINY_ELF_H

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

#define TINY_BASE 0xffffffff80000000ull
#define TINY_NOTES 0x400u /* file offset of the notes */
#define TINY_DATA 0x1000u

struct tiny_elf {
    uint8_t data[1 << 20];
    size_t size, notes; /* bytes so far */
    unsigned segments;
    Elf64_Ehdr eh;
    Elf64_Phdr ph[20];
};

static inline void tiny_note(struct tiny_elf *t, uint32_t type, const void *desc, uint32_t len)
{
    Elf64_Nhdr nh = {.n_namesz = 4, .n_descsz = len, .n_type = type};
    uint8_t *p = t->data + TINY_NOTES + t->notes;

    memcpy(p, &nh, sizeof(nh));
    memcpy(p + sizeof(nh), "Xen", 4);
    memcpy(p + sizeof(nh) + 4, desc, len);
    t->notes += sizeof(nh) + 4 + (len + 3) / 4 * 4;
}

static inline void tiny_number(struct tiny_elf *t, uint32_t type, uint64_t n)
{
    tiny_note(t, type, &n, 8);
}
static inline void tiny_text(struct tiny_elf *t, uint32_t type, const char *s)
{
    tiny_note(t, type, s, (uint32_t)strlen(s) + 1);
}

/* A segment filled with a byte; virtual addresses are wrong on purpose, nobody may use them. */
static inline void tiny_segment(struct tiny_elf *t, uint64_t paddr, uint64_t filesz, uint64_t memsz,
                                int fill)
{
    Elf64_Phdr *ph = &t->ph[t->segments++];

    t->eh.e_phnum++;
    *ph = (Elf64_Phdr){.p_type = PT_LOAD,
                       .p_flags = PF_R | PF_W | PF_X,
                       .p_offset = t->size,
                       .p_vaddr = 0xdead000,
                       .p_paddr = paddr,
                       .p_filesz = filesz,
                       .p_memsz = memsz};
    memset(t->data + t->size, fill, filesz);
    t->size += (filesz + 15) / 16 * 16;
}

static inline void tiny_begin(struct tiny_elf *t)
{
    memset(t, 0, sizeof(*t));
    t->size = TINY_DATA;
    memcpy(t->eh.e_ident, ELFMAG, SELFMAG);
    t->eh.e_ident[EI_CLASS] = ELFCLASS64;
    t->eh.e_ident[EI_DATA] = ELFDATA2LSB;
    t->eh.e_type = ET_EXEC;
    t->eh.e_machine = EM_X86_64;
    t->eh.e_phoff = sizeof(Elf64_Ehdr);
    t->eh.e_phentsize = sizeof(Elf64_Phdr);
    t->eh.e_ehsize = sizeof(Elf64_Ehdr);
}

/* Notes enough to be accepted; entry is the first byte of the image. */
static inline void tiny_notes(struct tiny_elf *t, uint64_t entry)
{
    tiny_text(t, XEN_ELFNOTE_GUEST_OS, "test");
    tiny_text(t, XEN_ELFNOTE_LOADER, "generic");
    tiny_text(t, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    tiny_number(t, XEN_ELFNOTE_VIRT_BASE, TINY_BASE);
    tiny_number(t, XEN_ELFNOTE_ENTRY, entry);
}

static inline void tiny_write(struct tiny_elf *t)
{
    Elf64_Ehdr eh = t->eh;

    memcpy(t->data + sizeof(eh), t->ph, t->segments * sizeof(Elf64_Phdr));
    if (t->notes) {
        Elf64_Phdr note = {.p_type = PT_NOTE, .p_offset = TINY_NOTES, .p_filesz = t->notes};

        memcpy(t->data + sizeof(eh) + t->segments * sizeof(Elf64_Phdr), &note, sizeof(note));
        eh.e_phnum++;
    }
    memcpy(t->data, &eh, sizeof(eh));
}

#endif
