/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the domain builder's state to one in which C code can run tests. */
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/printf.h>
#include <pv/shutdown.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/trap.h>

struct start_info *pv_start_info;
struct shared_info *pv_shared_info;

static uint8_t shared_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

long pv_map_shared(void)
{
    return hc_update_va_mapping((uintptr_t)shared_page,
                                pv_start_info->shared_info | PTE_KERNEL_RW,
                                UVMF_INVLPG);
}

void pv_unmap_shared(void)
{
    hc_update_va_mapping((uintptr_t)shared_page, 0, UVMF_INVLPG);
}

static void must(long rc, const char *what)
{
    if (!rc)
        return;
    pv_printf("guest-pv: %s: rc %ld\n", what, rc);
    pv_shutdown(SHUTDOWN_crash);
}

void pv_start(struct start_info *si)
{
    struct cpu *cpu = cpu_self();

    pv_start_info = si;
    console_init(si);
    must(pv_map_shared(), "mapping shared_info");
    pv_shared_info = (struct shared_info *)shared_page;
    cpu->info = &pv_shared_info->vcpu_info[0];
    trap_init();
    must(mm_init(si), "memory");
}

bool pv_is_dom0(void) { return pv_start_info->flags & SIF_INITDOMAIN; }

const char *pv_word(const char *key, char *buf, unsigned int size)
{
    const char *s = (const char *)pv_start_info->cmd_line;
    size_t len = strlen(key);

    while (*s) {
        size_t n = 0;

        while (*s == ' ')
            s++;
        while (s[n] && s[n] != ' ')
            n++;
        if (n >= len && str_begins(s, key) && (n == len || s[len] == '=')) {
            size_t skip = n == len ? len : len + 1;
            size_t take = n - skip < size - 1 ? n - skip : size - 1;

            memcpy(buf, s + skip, take);
            buf[take] = 0;
            return buf;
        }
        s += n;
    }
    return NULL;
}
