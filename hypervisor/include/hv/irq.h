/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt controllers, vectors, and interrupts of guests (irq/). */
#pragma once

#include <hv/mm.h>
#include <hv/types.h>
#include <xen/xen.h>

struct domain;

#define VECTOR_FIRST 0x20
#define VECTOR_TIMER 0xf0
#define VECTOR_KICK 0xf1
#define VECTOR_SPURIOUS 0xff

/* irq_init - 8259 off, local APIC, IOAPICs from the MADT */
void irq_init(void);

/* irq_dispatch - an interrupt of vector >= 0x20 arrived */
void irq_dispatch(unsigned int vector);

/* irq_own_gsi - a GSI for the hypervisor itself (serial line); -EBUSY */
int irq_own_gsi(unsigned int gsi, void (*fn)(void *), void *arg);

/**
 * lapic_timer_set - interrupt this CPU (VECTOR_TIMER) at system time @ns
 * @ns: 0 stops it
 */
void lapic_timer_set(uint64_t ns);
void lapic_init_cpu(void);
uint32_t lapic_id(void);

/* lapic_kick - interrupt the CPU of @apic_id with VECTOR_KICK */
void lapic_kick(uint32_t apic_id);

/* lapic_kick_self - the same here, also from an NMI */
void lapic_kick_self(void);

/* lapic_start - INIT, then start-up at page @page (below 1 MiB) */
void lapic_start(uint32_t apic_id, unsigned int page);

/* lapic_nmi_others - an NMI for every CPU but this one */
void lapic_nmi_others(void);

/* pirq_domain_init/destroy - the hardware domain's table */
int pirq_domain_init(struct domain *d);
void pirq_domain_destroy(struct domain *d);

/* pirq_bind - EVTCHNOP_bind_pirq: deliver to @port; 0, -EINVAL, -EPERM... */
int pirq_bind(struct domain *d, unsigned int pirq, unsigned int port);
void pirq_unbind(struct domain *d, unsigned int pirq, unsigned int port);

/* pirq_move - from now on to CPU @cpu, if it is online; if @pirq is bound */
void pirq_move(struct domain *d, unsigned int pirq, unsigned int cpu);

/* pirq_take_over - what goes to CPU @cpu comes here; all others are held */
void pirq_take_over(unsigned int cpu);

/* pirq_eoi - the guest has dealt with it; -EINVAL no such number */
int pirq_eoi(struct domain *d, unsigned int pirq);

void irq_dump(void); /* debug key */

/* pirq_audit - the page of @d's EOI bits, for mm_audit() */
void pirq_audit(const struct domain *d, audit_count_fn *count);

/* Ports and PCI configuration cycles of the hardware domain (irq/ports.c) */
uint32_t guest_io_read(struct domain *d, uint16_t port, unsigned int bytes);
void guest_io_write(struct domain *d, uint16_t port, unsigned int bytes,
                    uint32_t v);
