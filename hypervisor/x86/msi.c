/* SPDX-License-Identifier: MIT */
#include "x86/msi.h"
#include "core/frame_ref.h"
#include "core/mmio.h"
#include "lib/errno.h"
#include "x86/irq.h"
#include "x86/paging.h"
#include "x86/pci.h"

/* Capability registers (PCI 3.0, 6.8). */
#define CAP_CONTROL 2
#define MSI_ADDRESS 4
#define MSI_CONTROL_ENABLE BIT(0)
#define MSI_CONTROL_COUNT 0x70
#define MSI_CONTROL_64 BIT(7)
#define MSI_CONTROL_MASK BIT(8)
#define MSIX_TABLE 4
#define MSIX_CONTROL_ENABLE BIT(15)
#define MSIX_CONTROL_COUNT 0x7ff
#define MSIX_BIR 7
/* Words of an MSI-X table entry. */
enum { ENTRY_ADDRESS, ENTRY_ADDRESS_HIGH, ENTRY_DATA, ENTRY_CONTROL, ENTRY_WORDS };

#define MESSAGE_ADDRESS 0xfee00000u
#define TABLE_PAGES 256 /* LIMIT: that many pages of MSI-X tables, mapped for good */

/* A function with MSI-X messages, or prepared for them. */
struct msix {
    struct msix *next;
    maddr_t table;
    unsigned users;
    uint16_t bdf, entries;
    bool prepared;
};

struct message {
    struct message *next;
    struct irq *irq;
    struct msix *x;           /* MSI-X */
    volatile uint32_t *words; /* … its entry in the table */
    uint16_t bdf, entry;
    uint8_t cap;
    bool is64, maskable;
};

static spinlock_t lock = SPINLOCK_INIT; /* the lists; outside irqs' locks */
static struct message *messages;
static struct msix *tables;
static uint8_t *window;
static uint64_t window_mfn[TABLE_PAGES];
static unsigned window_used;

/* ---- the function's table of MSI-X entries ---- */

static maddr_t table_address(uint16_t bdf, unsigned cap)
{
    uint32_t where = pci_read(bdf, cap + MSIX_TABLE, 4), low;
    unsigned bir = where & MSIX_BIR, bar = PCI_BAR0 + bir * 4;
    maddr_t base;

    if (bir > 5 || (pci_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f) > 1 ||
        !(pci_read(bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
        return 0;
    low = pci_read(bdf, bar, 4);
    if (low & 1) /* I/O ports */
        return 0;
    base = low & ~0xfu;
    if ((low & 6) == 4 && bir < 5)
        base |= (maddr_t)pci_read(bdf, bar + 4, 4) << 32;
    return base ? base + (where & ~MSIX_BIR) : 0;
}

/* Frames of RAM are no device's, whatever a device says. */
static bool table_plausible(maddr_t at, size_t size)
{
    for (maddr_t a = at & PAGE_MASK; a < at + size; a += PAGE_SIZE)
        if (mfn_valid(MFN(a >> PAGE_SHIFT)) && frame_of(MFN(a >> PAGE_SHIFT))->owner != DOMID_IO)
            return false;
    return at + size > at;
}

/* LIMIT: mapped for good. NULL: no room. */
static void *map_page(maddr_t a)
{
    uint64_t mfn = a >> PAGE_SHIFT;
    unsigned i = 0;

    while (i < window_used && window_mfn[i] != mfn)
        i++;
    if (i == TABLE_PAGES)
        return NULL;
    if (i == window_used) {
        window_mfn[window_used++] = mfn;
        ioremap_fill(window + i * PAGE_SIZE, mfn << PAGE_SHIFT);
    }
    return window + i * PAGE_SIZE + (a & ~PAGE_MASK);
}

static uint64_t first_mfn(const struct msix *x)
{
    return x->table >> PAGE_SHIFT;
}

static uint64_t last_mfn(const struct msix *x)
{
    return (x->table + x->entries * ENTRY_WORDS * 4u - 1) >> PAGE_SHIFT;
}

static struct msix *msix_find(uint16_t bdf)
{
    struct msix *x = tables;

    while (x && x->bdf != bdf)
        x = x->next;
    return x;
}

static int msix_get(uint16_t bdf, unsigned cap, struct msix **out)
{
    struct msix *x = msix_find(bdf);

    if (!x) {
        unsigned entries = (pci_read(bdf, cap + CAP_CONTROL, 2) & MSIX_CONTROL_COUNT) + 1;
        maddr_t at = table_address(bdf, cap);

        if (!at || !table_plausible(at, entries * ENTRY_WORDS * 4u))
            return -ENXIO;
        x = xnew(struct msix);
        if (!x)
            return -ENOMEM;
        *x = (struct msix){.next = tables, .table = at, .bdf = bdf, .entries = (uint16_t)entries};
        if (mmio_readonly_add(first_mfn(x), last_mfn(x))) {
            xfree(x);
            return -ENOMEM;
        }
        tables = x;
    }
    *out = x;
    return 0;
}

static void msix_put(struct msix *x)
{
    struct msix **at = &tables;

    if (x->users || x->prepared)
        return;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    mmio_readonly_remove(first_mfn(x), last_mfn(x));
    for (struct msix *y = tables; y; y = y->next) /* small tables may share a page */
        mmio_readonly_add(first_mfn(y), last_mfn(y));
    xfree(x);
}

/* The table still lies where it was mapped, and answers. */
static bool table_there(const struct message *m)
{
    return table_address(m->bdf, m->cap) == m->x->table;
}

/* ---- one message ---- */

static uint32_t message_address(const struct irq *irq)
{
    return MESSAGE_ADDRESS | (uint32_t)irq_dest(irq) << 12;
}

static unsigned msi_data_reg(const struct message *m)
{
    return m->cap + (m->is64 ? 12u : 8u);
}

static void message_mask(struct irq *irq, bool on)
{
    struct message *m = irq->device;

    irq->masked = on;
    if (m->x) {
        if (table_there(m)) {
            m->words[ENTRY_CONTROL] = on;
            (void)m->words[ENTRY_CONTROL]; /* has arrived when the read has */
        }
    } else if (m->maskable) {
        pci_write(m->bdf, msi_data_reg(m) + 4, 4, on);
    }
}

static void message_program(struct irq *irq)
{
    struct message *m = irq->device;

    if (m->x) {
        if (!table_there(m))
            return;
        m->words[ENTRY_CONTROL] = 1; /* an entry may only be changed while it is masked */
        m->words[ENTRY_ADDRESS] = message_address(irq);
        m->words[ENTRY_ADDRESS_HIGH] = 0;
        m->words[ENTRY_DATA] = irq->vector;
        m->words[ENTRY_CONTROL] = irq->masked;
        (void)m->words[ENTRY_CONTROL];
    } else {
        pci_write(m->bdf, m->cap + MSI_ADDRESS, 4, message_address(irq));
        if (m->is64)
            pci_write(m->bdf, m->cap + MSI_ADDRESS + 4, 4, 0);
        pci_write(m->bdf, msi_data_reg(m), 2, irq->vector);
        if (m->maskable)
            pci_write(m->bdf, msi_data_reg(m) + 4, 4, irq->masked);
    }
}

static void enable_set(const struct message *m, bool on)
{
    uint32_t bit = m->x ? MSIX_CONTROL_ENABLE : MSI_CONTROL_ENABLE;
    uint32_t control = pci_read(m->bdf, m->cap + CAP_CONTROL, 2);

    control = on ? control | bit : control & ~bit;
    if (!m->x)
        control &= ~MSI_CONTROL_COUNT;
    pci_write(m->bdf, m->cap + CAP_CONTROL, 2, control);
}

/* ---- the chip ---- */

static void chip_mask(struct irq *irq)
{
    message_mask(irq, true);
}

static void chip_unmask(struct irq *irq)
{
    message_mask(irq, false);
}

static void chip_set_cpu(struct irq *irq, unsigned cpu)
{
    (void)cpu;
    message_program(irq);
}

static int chip_startup(struct irq *irq)
{
    irq->masked = false;
    message_program(irq);
    enable_set(irq->device, true);
    return 0;
}

static void chip_release(struct irq *irq)
{
    struct message *m = irq->device, **at = &messages;

    spin_lock(&lock);
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    spin_lock(&irq->lock);
    message_mask(irq, true);
    if (!m->x || m->x->users == 1)
        enable_set(m, false);
    irq_vector_put(irq);
    irq->device = NULL;
    irq->cpu = 0;
    __atomic_store_n(&irq->chip, NULL, __ATOMIC_RELEASE);
    spin_unlock(&irq->lock);
    if (m->x) {
        m->x->users--;
        msix_put(m->x);
    }
    spin_unlock(&lock);
    xfree(m);
}

static const struct irq_chip message_chip = {
    .startup = chip_startup,
    .mask = chip_mask,
    .unmask = chip_unmask,
    .set_cpu = chip_set_cpu,
    .release = chip_release,
};

/* ---- setting up ---- */

static int msix_init(struct message *m, unsigned entry)
{
    int rc = msix_get(m->bdf, m->cap, &m->x);

    if (rc)
        return rc;
    if (entry >= m->x->entries) {
        msix_put(m->x);
        return -EINVAL;
    }
    m->entry = (uint16_t)entry;
    m->words = map_page(m->x->table + entry * ENTRY_WORDS * 4u);
    if (!m->words) {
        msix_put(m->x);
        return -ENOMEM;
    }
    return 0;
}

static int message_init(struct message *m, const struct msi_request *r)
{
    uint32_t control;

    m->bdf = PCI_BDF(r->bus, r->devfn);
    if (r->seg || !(m->cap = (uint8_t)pci_find_cap(m->bdf, r->msix ? PCI_CAP_MSIX : PCI_CAP_MSI)))
        return -ENODEV;
    for (const struct message *o = messages; o; o = o->next)
        if (o->bdf == m->bdf && (!o->x || !r->msix || o->entry == r->entry))
            return -EEXIST;
    if (r->msix)
        return msix_init(m, r->entry);
    control = pci_read(m->bdf, m->cap + CAP_CONTROL, 2);
    m->is64 = control & MSI_CONTROL_64;
    m->maskable = control & MSI_CONTROL_MASK;
    return 0;
}

static int irq_attach(struct message *m)
{
    struct irq *irq = irq_new(&message_chip);
    int rc;

    if (!irq)
        return -ENOSPC;
    spin_lock(&irq->lock);
    irq->device = m;
    irq->masked = true;
    m->irq = irq;
    rc = irq_vector_get(irq);
    if (rc) {
        irq->device = NULL;
        __atomic_store_n(&irq->chip, NULL, __ATOMIC_RELEASE);
    } else {
        /* Before anybody switches it on, so that it never writes to an address of its own. */
        message_program(irq);
        if (m->x)
            enable_set(m, true);
    }
    spin_unlock(&irq->lock);
    return rc;
}

int port_msi_setup(const struct msi_request *r, struct irq **irq)
{
    struct message *m = xnew(struct message);
    int rc;

    if (!m)
        return -ENOMEM;
    spin_lock(&lock);
    rc = message_init(m, r);
    if (!rc) {
        rc = irq_attach(m);
        if (rc && m->x)
            msix_put(m->x);
    }
    if (!rc) {
        if (m->x)
            m->x->users++;
        m->next = messages;
        messages = m;
        *irq = m->irq;
    }
    spin_unlock(&lock);
    if (rc)
        xfree(m);
    return rc;
}

int port_msi_restore(uint16_t seg, uint8_t bus, uint8_t devfn)
{
    uint16_t bdf = PCI_BDF(bus, devfn);

    if (seg || !pci_exists(bdf))
        return -ENODEV;
    spin_lock(&lock);
    for (struct message *m = messages; m; m = m->next)
        if (m->bdf == bdf) {
            spin_lock(&m->irq->lock);
            message_program(m->irq);
            enable_set(m, true);
            spin_unlock(&m->irq->lock);
        }
    spin_unlock(&lock);
    return 0;
}

int port_msix_prepare(uint16_t seg, uint8_t bus, uint8_t devfn, bool release)
{
    uint16_t bdf = PCI_BDF(bus, devfn);
    unsigned cap = seg ? 0 : pci_find_cap(bdf, PCI_CAP_MSIX);
    struct msix *x;
    int rc = 0;

    if (!cap)
        return -ENODEV;
    spin_lock(&lock);
    x = msix_find(bdf);
    if (release && x && x->users) {
        rc = -EBUSY;
    } else if (release && x) {
        x->prepared = false;
        msix_put(x);
    } else if (!release) {
        rc = msix_get(bdf, cap, &x);
        if (!rc)
            x->prepared = true;
    }
    spin_unlock(&lock);
    return rc;
}

void msi_init(void)
{
    window = ioremap_reserve(TABLE_PAGES);
}
