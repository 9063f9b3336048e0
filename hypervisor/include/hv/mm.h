/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests' page tables: checking, changing, pinning (design D4).  The
 * hypercall handlers of mm/ are declared in <hv/hcall.h>.
 */
#pragma once

#include <hv/frame.h>
#include <hv/types.h>
#include <xen/grant_table.h>

struct domain;
struct vcpu;
struct vcpu_guest_context;

/* mm_init - frame table and M2P, before the heap; memory from boot_alloc() */
void mm_init(void);

/* m2p_set - machine to pseudo-physical, as guests read it */
void m2p_set(mfn_t m, unsigned long pfn);
unsigned long m2p_get(mfn_t m);
#define M2P_INVALID (~0UL)

/**
 * pt_write_l1 - write entry @new to L1 slot @pte_mfn:@offset for guest @v
 *
 * For the emulator of page-table writes: checks and counts @new as
 * mmu_update does, writes by compare-and-swap against @old, drops @old.
 * Returns: 0; -EAGAIN the entry is no longer @old; -EINVAL, -EPERM refused.
 */
int pt_write_l1(struct vcpu *v, mfn_t table, unsigned int index, pte_t old,
                pte_t new);

/**
 * pt_walk_guest - the L1 entry that maps @va in @v's current tables
 * @table, @index: set to the L1 frame and slot
 *
 * @v must be current.  Returns: 0 with the entry in *@e (it may be not
 * present); -EFAULT no L1 table there.
 */
int pt_walk_guest(struct vcpu *v, unsigned long va, mfn_t *table,
                  unsigned int *index, pte_t *e);

/**
 * pt_grant_set - install a grant mapping in the caller's page table
 * @addr: GNTMAP_host_map address: virtual, or machine address of the entry
 *        with @contains_pte
 * @m, @read_only, @avail: the frame; no write access; software bits 9-11
 *
 * The entry gets its own reference (and writable type reference) of the
 * frame, dropped by whoever clears it.  The entry found there is replaced.
 * Returns: a GNTST_ code.
 */
int pt_grant_set(struct vcpu *v, uint64_t addr, bool contains_pte, mfn_t m,
                 bool read_only, uint64_t avail);

/* pt_grant_clear - the reverse; GNTST_general_error: it maps something else,
 * or not as @read_only says */
int pt_grant_clear(struct vcpu *v, uint64_t addr, bool contains_pte, mfn_t m,
                   bool read_only);

/* GDT and LDT (mm/segdesc.c).  Frames are counted as PT_SEGDESC. */

/* gdt_set - replace the GDT of @v; 0, -EINVAL; frames are not yet counted */
int gdt_set(struct vcpu *v, const unsigned long *frames, unsigned int nents);
void gdt_drop(struct vcpu *v);

/* ldt_set - replace the LDT; -EINVAL not page-aligned or too long */
int ldt_set(struct vcpu *v, unsigned long base, unsigned int nents);
void ldt_drop(struct vcpu *v);

/**
 * ldt_fault - #PF in the LDT window: map that LDT page if it is valid
 * @offset: byte offset in the LDT.  Returns: true: try again; false: inject
 * #GP(selector).
 */
bool ldt_fault(struct vcpu *v, unsigned long offset);

/* segdesc_load - set this CPU's GDT and LDT windows to @v's (switch) */
void segdesc_load(struct vcpu *v);

/* desc_check - may a guest own this descriptor?  Raises DPL 0-2 to 3. */
bool desc_check(uint64_t *desc);

/* Address spaces. */

/**
 * pt_set_base - make L4 frame @m the kernel (or user) base of @v
 * @m: MFN_INVALID for none (user only)
 *
 * Takes a PT_L4 reference and drops the old one's.  Loads CR3 when @v is
 * current and in that mode.  0; -EINVAL; -ERESTART.
 */
int pt_set_base(struct vcpu *v, mfn_t m, bool user);

/**
 * pt_pin - keep frame @m validated as a table of type @level
 *
 * Returns: 0; -EINVAL not @owner's, pinned already, or it does not
 * validate; -ERESTART preempted, call again.
 */
int pt_pin(mfn_t m, const struct domain *owner, enum page_type level);

/* mm_domain_relinquish - drop pins, tables and pages; -ERESTART to go on */
int mm_domain_relinquish(struct domain *d);

/* Is @m outside RAM and may @d map it?  (hardware domain: all but ours) */
bool mmio_permitted(const struct domain *d, mfn_t m);
void mmio_deny(mfn_t first, unsigned long nr); /* boot: APICs, HPET */

/* tlb_flush_local/all - all translations of this CPU / of CPUs that ran @d */
void tlb_flush_local(void);

/* tlb_load_cr3 - load CR3 and note that this CPU has flushed */
void tlb_load_cr3(unsigned long cr3);

/* tlb_answer - do what other CPUs asked this one to flush */
void tlb_answer(void);

/* tlb_answer_all - the same by a full flush, for who has taken WORK_TLB */
void tlb_answer_all(void);
void tlb_flush_domain(const struct domain *d);
void tlb_flush_page_domain(const struct domain *d, unsigned long va);

/* For the auditor: one reference of @m is held, and with @typed a use. */
typedef void audit_count_fn(mfn_t m, bool typed);

/* Counts what is held of frames on behalf of @d. */
typedef void audit_source_fn(const struct domain *d, audit_count_fn *count);

/**
 * mm_audit - recount everything and compare
 * @others: what is held outside of page tables and vCPUs; NULL: nothing
 *
 * No operation may be under way.  Returns: the number of violations; they
 * are logged.
 */
unsigned long mm_audit(audit_source_fn *others);
