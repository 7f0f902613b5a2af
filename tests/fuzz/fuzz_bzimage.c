/* SPDX-License-Identifier: MIT */
/* LINK: boot/bzimage.c */
/* Any bytes as a bzImage: what is found lies in the file, and a refusal has words. */
#include "boot/bzimage.h"
#include <stdlib.h>

#define MUST(c)                                                                                    \
    do {                                                                                           \
        if (!(c))                                                                                  \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    struct bzimage bz;

    switch (bzimage_parse(data, size, &bz, &why)) {
    case BZ_NO: break;
    case BZ_BAD: MUST(why); break;
    case BZ_OK:
        MUST(bz.off <= size && bz.size <= size - bz.off && packing_name(bz.packing));
        MUST(bz.protocol >= 0x0208);
        break;
    }
    return 0;
}
