/* SPDX-License-Identifier: MIT */
/* LINK: boot/multiboot.c boot/cmdline.c boot/e820.c */
/* The input is the machine's memory; its first byte chooses the protocol, its second where in the
 * memory the information lies. */
#include "boot/cmdline.h"
#include "boot/e820.h"
#include "boot/multiboot.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct boot_info info;
    static struct boot_options o;
    struct boot_window w = {.base = data, .size = size};

    if (size < 2)
        return 0;
    if (multiboot_parse(&w, data[0] & 1 ? MULTIBOOT1_MAGIC : MULTIBOOT2_MAGIC, data[1] & 0xf8u,
                        &info))
        return 0;
    if (info.strings_used > BOOT_STRINGS || info.modules.count > BOOT_MODULES_MAX)
        abort();
    for (unsigned i = 0; i < info.modules.count; i++)
        if (info.modules.mod[i].end > size || strlen(info.modules.mod[i].cmdline) >= BOOT_STRINGS)
            abort();
    cmdline_parse(&o, info.cmdline);
    e820_normalise(&info.e820);
    for (unsigned i = 1; i < info.e820.count; i++)
        if (info.e820.e[i].addr < info.e820.e[i - 1].addr + info.e820.e[i - 1].size)
            abort();
    return 0;
}
