/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory: the pool of pages, walks through the tables, the scratch window. */
#include <xen/sched.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/printf.h>
#include <pv/shutdown.h>
#include <pv/string.h>

#define POOL_PAGES 384
#define SCRATCH_BASE 0xffffffffc0000000ull
#define ENTRIES 512

static uint8_t pool[POOL_PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static void *free_list[POOL_PAGES];
static unsigned int nr_free;

static const uint64_t *p2m;
static uint64_t *l4;
static uint64_t *scratch;

static void fail(const char *what)
{
    pv_printf("guest-pv: %s\n", what);
    pv_shutdown(SHUTDOWN_crash);
}

void *page_alloc(void)
{
    void *page;

    if (!nr_free)
        fail("the pool of pages is empty");
    page = free_list[--nr_free];
    memset(page, 0, PAGE_SIZE);
    return page;
}

void page_free(void *page) { free_list[nr_free++] = page; }

uint64_t mfn_of(const void *page)
{
    return p2m[((uintptr_t)page - VIRT_BASE) >> PAGE_SHIFT];
}

void *va_of_mfn(uint64_t mfn)
{
    return (void *)(VIRT_BASE + (machine_to_phys_mapping[mfn] << PAGE_SHIFT));
}

uint64_t pte_of(const void *page, uint64_t flags)
{
    return mfn_of(page) << PAGE_SHIFT | flags;
}

uint64_t *pte_walk(uint64_t va, unsigned int level)
{
    uint64_t *table = l4;

    for (unsigned int l = 4;; l--) {
        unsigned int shift = PAGE_SHIFT + 9 * (l - 1);
        uint64_t *e = &table[(va >> shift) % ENTRIES];

        if (l == level)
            return e;
        if (!(*e & PTE_P))
            return NULL;
        table = va_of_mfn((*e & PTE_MFN_MASK) >> PAGE_SHIFT);
    }
}

uint64_t pte_maddr(const uint64_t *entry)
{
    return mfn_of(entry) << PAGE_SHIFT | ((uintptr_t)entry % PAGE_SIZE);
}

uint64_t *mm_l4(void) { return l4; }

void mm_set_l4(uint64_t *table) { l4 = table; }

long page_protect(const void *page)
{
    return hc_update_va_mapping((uintptr_t)page, pte_of(page, PTE_KERNEL_RO),
                                UVMF_INVLPG | UVMF_ALL);
}

long page_unprotect(const void *page)
{
    return hc_update_va_mapping((uintptr_t)page, pte_of(page, PTE_KERNEL_RW),
                                UVMF_INVLPG | UVMF_ALL);
}

long mmu_write(const uint64_t *entry, uint64_t value)
{
    struct mmu_update req = { pte_maddr(entry) | MMU_NORMAL_PT_UPDATE, value };

    return hc_mmu_update(&req, 1, NULL, DOMID_SELF);
}

long mmuext(unsigned int cmd, uint64_t mfn)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

uint64_t scratch_va(unsigned int i)
{
    return SCRATCH_BASE + (uint64_t)i * PAGE_SIZE;
}

uint64_t *scratch_l1(void) { return scratch; }

static long scratch_init(void)
{
    uint64_t *l2 = page_alloc();
    long rc;

    scratch = page_alloc();
    l2[0] = pte_of(scratch, PTE_TABLE);
    rc = page_protect(scratch);
    if (!rc)
        rc = page_protect(l2);
    if (!rc)
        rc = mmu_write(pte_walk(SCRATCH_BASE, 3), pte_of(l2, PTE_TABLE));
    return rc;
}

long mm_init(const struct start_info *si)
{
    p2m = (const uint64_t *)si->mfn_list;
    l4 = (uint64_t *)si->pt_base;
    for (unsigned int i = 0; i < POOL_PAGES; i++)
        page_free(pool[POOL_PAGES - 1 - i]);
    return scratch_init();
}
