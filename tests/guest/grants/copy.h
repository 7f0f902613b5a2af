/* SPDX-License-Identifier: MIT */
/* Copies by grant: one operation at a time. */
#ifndef GRANTS_COPY_H
#define GRANTS_COPY_H

#include "self.h"

static inline struct gnttab_copy_ptr by_ref(grant_ref_t ref, unsigned int offset)
{
    return (struct gnttab_copy_ptr){.u.ref = ref, .domid = OWN_DOMID, .offset = (uint16_t)offset};
}

static inline struct gnttab_copy_ptr by_page(const volatile void *page, unsigned int offset)
{
    return (struct gnttab_copy_ptr){
        .u.gmfn = va_to_mfn(page), .domid = DOMID_SELF, .offset = (uint16_t)offset};
}

static inline int copy(struct gnttab_copy_ptr from, struct gnttab_copy_ptr to, unsigned int len,
                       unsigned int flags)
{
    struct gnttab_copy op = {
        .source = from, .dest = to, .len = (uint16_t)len, .flags = (uint16_t)flags};

    return grant_copy(&op);
}

#define FROM_REF GNTCOPY_source_gref
#define TO_REF GNTCOPY_dest_gref

#endif
