/* SPDX-License-Identifier: MIT */
#include "core/ioport.h"
#include "core/debugreg.h"
#include "core/emul_port.h"
#include "core/pagetype.h"
#include "lib/errno.h"

#define PORT_PIT_CH2 0x42
#define PORT_PIT_MODE 0x43
#define PORT_SPEAKER 0x61
#define PORT_CMOS_INDEX 0x70
#define PORT_CMOS_DATA 0x71
#define PORT_PCI_INDEX 0xcf8
#define PORT_PCI_DATA 0xcfc

spinlock_t ioport_index_lock = SPINLOCK_INIT;

/* ---- may the code do it? ---- */

bool ioport_iopl_ok(const struct vcpu *v)
{
    unsigned cpl = 3;

    if (v->in_kernel)
        cpl = v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl) ? 0 : 1;
    return cpl <= v->iopl;
}

int ioport_set_iopl(struct vcpu *v, unsigned iopl)
{
    if (iopl > 3)
        return refuse(v->domain, EINVAL, IOPL_BAD, iopl, 0, 0);
    v->iopl = (uint8_t)iopl;
    return 0;
}

int ioport_set_bitmap(struct vcpu *v, gva_t bitmap, unsigned nr_ports)
{
    if (nr_ports > 0x10000 || !va_canonical(bitmap) ||
        !va_is_guest(bitmap, DIV_ROUND_UP(nr_ports, 8)))
        return refuse(v->domain, EINVAL, IOPL_BAD, 0, nr_ports, bitmap);
    v->iobmp = bitmap;
    v->iobmp_limit = nr_ports;
    return 0;
}

/* Read the guest kernel's memory: its I/O bitmap need not be mapped in the user table that may be
 * loaded. */
static bool kernel_byte(struct vcpu *v, uint64_t va, uint8_t *out)
{
    uint64_t *e, entry;
    struct frame *f;
    mfn_t l1;

    if (!va_canonical(va) || !va_is_guest(va, 1))
        return false;
    e = entry_of_va(MFN(v->cr3_kernel >> PAGE_SHIFT), va, &l1);
    entry = e ? READ_ONCE(*e) : 0;
    if (!(entry & PTE_P) || !mfn_valid(pte_mfn(entry)))
        return false;
    f = frame_of(pte_mfn(entry));
    if (!frame_get(f, v->domain))
        return false;
    *out = ((uint8_t *)frame_va(pte_mfn(entry)))[va & ~PAGE_MASK];
    frame_put(f);
    return true;
}

/* EMUL_DONE: go on. Like a CPU, two bytes of the bitmap are read whatever the size. */
static enum emul_result access_check(struct vcpu *v, unsigned port, unsigned bytes)
{
    uint64_t va = v->iobmp + port / 8;
    uint8_t lo, hi;

    if (likely(ioport_iopl_ok(v)))
        return EMUL_DONE;
    if (!v->iobmp || port + bytes > v->iobmp_limit)
        return EMUL_NOT;
    if (!kernel_byte(v, va, &lo))
        return emul_page_fault(v, va, 0);
    if (!kernel_byte(v, va + 1, &hi))
        return emul_page_fault(v, va + 1, 0);
    return (lo | hi << 8) & ((1u << bytes) - 1) << (port & 7) ? EMUL_NOT : EMUL_DONE;
}

/* ---- what does the domain get? ---- */

static bool owns(const struct domain *d, unsigned port, unsigned bytes)
{
    return d->ioports && rangeset_contains(d->ioports, port, port + bytes - 1);
}

/* The whole access may go to the hardware as it is; the index registers never do. */
static bool direct(const struct domain *d, unsigned port, unsigned bytes)
{
    return !(port == PORT_PCI_INDEX && bytes == 4) &&
           !(port <= PORT_CMOS_DATA && port + bytes > PORT_CMOS_INDEX) && owns(d, port, bytes);
}

static uint32_t pci_data(const struct domain *d, unsigned port, unsigned bytes, bool write,
                         uint32_t val)
{
    if (!d->privileged)
        return ~0u;
    spin_lock(&ioport_index_lock);
    port_io_out(PORT_PCI_INDEX, 4, d->pci_index);
    if (write)
        port_io_out((uint16_t)port, bytes, val);
    else
        val = port_io_in((uint16_t)port, bytes);
    spin_unlock(&ioport_index_lock);
    return val;
}

static uint8_t cmos_data(const struct domain *d, bool write, uint8_t val)
{
    if (!owns(d, PORT_CMOS_INDEX, 2))
        return 0xff;
    spin_lock(&ioport_index_lock);
    port_io_out(PORT_CMOS_INDEX, 1, d->cmos_index & 0x7f);
    if (write)
        port_io_out(PORT_CMOS_DATA, 1, val);
    else
        val = (uint8_t)port_io_in(PORT_CMOS_DATA, 1);
    spin_unlock(&ioport_index_lock);
    return val;
}

/* Only the counter behind the speaker, which nobody else uses, is the control domain's. */
static uint8_t pit_read(const struct domain *d, unsigned port)
{
    if (d->privileged)
        return port == PORT_PIT_MODE ? 0 : (uint8_t)port_io_in((uint16_t)port, 1);
    /* Linux waits 100,000 reads for the counter's top byte to leave 0xff. */
    return port == PORT_PIT_CH2 ? 0 : 0xff;
}

static void pit_write(const struct domain *d, unsigned port, uint8_t val)
{
    if (!d->privileged)
        return;
    if (port == PORT_PIT_CH2)
        port_io_out(PORT_PIT_CH2, 1, val);
    else if (port == PORT_SPEAKER)
        port_io_out(PORT_SPEAKER, 1, (port_io_in(PORT_SPEAKER, 1) & ~3u) | (val & 3));
    else if ((val & 0xc0) == 0x80) /* counter 2 */
        port_io_out(PORT_PIT_MODE, 1, val);
    else if ((val & 0xc8) == 0xc8) /* read back, counter 2 only */
        port_io_out(PORT_PIT_MODE, 1, val & 0xf8);
}

static bool is_pit(unsigned port)
{
    return port == PORT_PIT_CH2 || port == PORT_PIT_MODE || port == PORT_SPEAKER;
}

/* How much of an access of that many bytes the PCI data port can take in one step. */
static unsigned pci_step(unsigned port, unsigned bytes)
{
    unsigned step = min(bytes, 4 - (port & 3));

    return step == 3 ? 2 : step;
}

static uint32_t read_step(struct domain *d, unsigned port, unsigned bytes, unsigned *step)
{
    *step = 1;
    if (is_pit(port))
        return pit_read(d, port);
    if (port == PORT_CMOS_INDEX)
        return d->cmos_index;
    if (port == PORT_CMOS_DATA)
        return cmos_data(d, false, 0);
    if (port == PORT_PCI_INDEX && bytes == 4) {
        *step = 4;
        return d->pci_index;
    }
    if ((port & 0xfffc) == PORT_PCI_DATA) {
        *step = pci_step(port, bytes);
        return pci_data(d, port, *step, false, 0);
    }
    return owns(d, port, 1) ? port_io_in((uint16_t)port, 1) : ~0u;
}

static unsigned write_step(struct domain *d, unsigned port, unsigned bytes, uint32_t val)
{
    unsigned step = 1;

    if (is_pit(port)) {
        pit_write(d, port, (uint8_t)val);
    } else if (port == PORT_CMOS_INDEX) {
        d->cmos_index = (uint8_t)val;
    } else if (port == PORT_CMOS_DATA) {
        cmos_data(d, true, (uint8_t)val);
    } else if (port == PORT_PCI_INDEX && bytes == 4) {
        d->pci_index = val;
        step = 4;
    } else if ((port & 0xfffc) == PORT_PCI_DATA) {
        step = pci_step(port, bytes);
        pci_data(d, port, step, true, val);
    } else if (owns(d, port, 1)) {
        port_io_out((uint16_t)port, 1, val & 0xff);
    }
    return step;
}

static uint32_t read_in_steps(struct domain *d, unsigned port, unsigned bytes)
{
    uint32_t data = 0;
    unsigned step;

    for (unsigned done = 0; done < bytes; done += step) {
        uint32_t part = read_step(d, port + done, bytes - done, &step);

        if (step == 4)
            return part;
        data |= (part & ((1u << step * 8) - 1)) << done * 8;
    }
    return data;
}

uint32_t ioport_read(struct domain *d, unsigned port, unsigned bytes)
{
    if (likely(direct(d, port, bytes)))
        return port_io_in((uint16_t)port, bytes);
    return read_in_steps(d, port, bytes);
}

void ioport_write(struct domain *d, unsigned port, unsigned bytes, uint32_t val)
{
    if (likely(direct(d, port, bytes))) {
        port_io_out((uint16_t)port, bytes, val);
        return;
    }
    for (unsigned done = 0; done < bytes;)
        done += write_step(d, port + done, bytes - done, val >> done * 8);
}

/* ---- the instructions ---- */

static uint64_t string_segment_base(const struct insn *i)
{
    if (i->seg == INSN_SEG_FS)
        return port_base_get(BASE_FS);
    return i->seg == INSN_SEG_GS ? port_base_get(BASE_GS) : 0;
}

/* One element between port and memory. EMUL_DONE or EMUL_FAULT. */
static enum emul_result string_step(struct vcpu *v, unsigned port, unsigned bytes, uint64_t va,
                                    bool in)
{
    uint32_t data = 0;
    size_t left;

    if (!va_canonical(va) || !va_is_guest(va, bytes))
        return emul_fault(v, TRAP_GP_VECTOR, true, 0);
    if (in) {
        data = ioport_read(v->domain, port, bytes);
        left = port_copy_to_guest(va, &data, bytes);
    } else {
        left = port_copy_from_guest(&data, va, bytes);
    }
    if (left)
        return emul_page_fault(v, va + bytes - left, in ? PF_ERR_WRITE : 0);
    if (!in)
        ioport_write(v->domain, port, bytes, data);
    return EMUL_DONE;
}

/* ins, outs, with rep: as many elements as there is time for; the rest when it is executed again. */
static enum emul_result string_insn(struct vcpu *v, const struct insn *i, unsigned port,
                                    unsigned bytes, uint64_t hit)
{
    bool in = i->opcode <= 0x6d;
    unsigned reg = in ? 7 : 6; /* rdi : rsi */
    uint64_t mask = i->addr32 ? 0xffffffff : ~0ull;
    uint64_t base = in ? 0 : string_segment_base(i);
    uint64_t count = i->rep ? v->regs.rcx & mask : 1;
    enum emul_result r = EMUL_DONE;

    for (bool first = true; count && (first || (!hit && !port_preempt_pending())); first = false) {
        uint64_t off = gpr_get(&v->regs, reg) & mask;

        r = string_step(v, port, bytes, base + off, in);
        if (r != EMUL_DONE)
            break;
        off += v->regs.rflags & EFLAGS_DF ? -(uint64_t)bytes : bytes;
        gpr_set(&v->regs, reg, off & mask);
        count--;
        if (i->rep)
            v->regs.rcx = count;
    }
    if (r == EMUL_DONE && !count)
        emul_retire(v, i->len);
    if (r == EMUL_DONE && hit)
        emul_debug_trap(v, hit);
    return r;
}

/* al, ax, or eax, which clears the upper half. */
static inline void rax_write(struct cpu_user_regs *r, unsigned bytes, uint32_t val)
{
    if (bytes == 1)
        r->rax = (r->rax & ~0xffull) | (val & 0xff);
    else if (bytes == 2)
        r->rax = (r->rax & ~0xffffull) | (val & 0xffff);
    else
        r->rax = val;
}

enum emul_result ioport_insn(struct vcpu *v, const struct insn *i)
{
    unsigned bytes = i->bytes == 8 ? 4 : i->bytes;
    unsigned port =
        i->opcode >= 0xe4 && i->opcode <= 0xe7 ? (uint8_t)i->imm : (uint16_t)v->regs.rdx;
    enum emul_result r = access_check(v, port, bytes);
    uint64_t hit;

    if (r != EMUL_DONE)
        return r;
    hit = debugreg_io_hit(v, port, bytes);
    if (i->opcode < 0x70)
        return string_insn(v, i, port, bytes, hit);
    if (i->opcode & 2)
        ioport_write(v->domain, port, bytes, (uint32_t)v->regs.rax);
    else
        rax_write(&v->regs, bytes, ioport_read(v->domain, port, bytes));
    emul_retire(v, i->len);
    if (unlikely(hit))
        emul_debug_trap(v, hit);
    return EMUL_DONE;
}
