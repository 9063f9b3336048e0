/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fuzzing guest: rounds of operations on all vCPUs, an audit after each.
 *
 * Words of the command line: seed=N, ops=N (of each vCPU, in all), round=N
 * (operations between two audits), only=PREFIX (of operations' names),
 * peer=DOMID (whom to share grants and events with), trace (name each call).
 *
 * The last line says what was done, and what the auditor found.  A violation
 * ends the run; its line names the words that lead there again.
 */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/audit.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/grant.h>
#include <pv/guest.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/printf.h>
#include <pv/shutdown.h>
#include <pv/smp.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/time.h>
#include <pv/trap.h>
#include <pv/user.h>
#include "fuzz.h"

static const struct fuzz_op *const tables[] = {
    ops_mmu,   ops_mmuext, ops_write, ops_memory, ops_grant,
    ops_event, ops_desc,   ops_cpu,   ops_misc,
};

#define MAX_OPS 64
static const struct fuzz_op *ops[MAX_OPS];
static unsigned int nr_ops, total_weight;

static struct worker workers[CPUS_MAX];
static uint64_t round_ops;
bool fuzz_trace;
static uint64_t seed, audits, violations;

static void choose_ops(void)
{
    char only[64] = "";

    pv_word("only", only, sizeof(only));
    for (unsigned int t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct fuzz_op *op = tables[t]; op->name; op++)
            if (str_begins(op->name, only) && nr_ops < MAX_OPS) {
                ops[nr_ops++] = op;
                total_weight += op->weight;
            }
}

static const struct fuzz_op *any_op(struct worker *w)
{
    uint64_t n = rnd(w, total_weight);
    unsigned int i = 0;

    while (n >= ops[i]->weight)
        n -= ops[i++]->weight;
    if (fuzz_trace)
        pv_printf("%u %lu %s\n", w->id, w->tried, ops[i]->name);
    w->doing = ops[i]->name;
    return ops[i];
}

static void run_one(void *arg)
{
    struct worker *w = arg;

    if (!w->batching) {
        any_op(w)->run(w);
        return;
    }
    for (unsigned int n = (unsigned int)rnd(w, BATCH_MAX); n; n--) {
        const struct fuzz_op *op = any_op(w);

        if (op->batch)
            op->run(w);
    }
    /* A batch of zeros would clear our trap table: call number 0. */
    hc_multicall(one_in(w, 64) ? (void *)HV_ADDR : w->batch, w->nr_batch);
}

/* One operation, or a multicall of several; faults are part of it. */
static void step(struct worker *w)
{
    struct caught c;

    w->used = 0;
    w->nr_batch = 0;
    w->batching = one_in(w, 16);
    if (trap_catch(&c, run_one, w)) {
        w->trapped++;
        cpu_self()->user = NULL;
    }
}

static void work(void *arg)
{
    struct worker *w = arg;

    hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
    for (uint64_t i = 0; i < round_ops; i++)
        step(w);
    w->doing = "the end of a round";
    events_off();
    insn_load_ds(0);
    insn_load_fs(0);
    hc_set_gdt(NULL, 0);
    hc_fpu_taskswitch(0);
    hc_set_segment_base(SEGBASE_GS_USER_SEL, 0);
    mmuext(MMUEXT_SET_LDT, 0);
    cpu_restore();
    mmuext(MMUEXT_NEW_BASEPTR, mfn_of(mm_l4()));
    mmuext(MMUEXT_NEW_USER_BASEPTR, 0);
}

/* Breakpoints and the FPU flag that an operation has set are no surprise. */
static bool on_debug(struct cpu_user_regs *regs)
{
    (void)regs;
    hc_set_debugreg(7, 0);
    return true;
}

static bool on_device_not_available(struct cpu_user_regs *regs)
{
    (void)regs;
    hc_fpu_taskswitch(0);
    return true;
}

/* Selectors that were good when they were loaded; or iret to nowhere. */
static bool on_failsafe(struct cpu_user_regs *regs)
{
    (void)regs;
    return !cpu_self()->user;
}

static uint64_t number(const char *key, uint64_t otherwise)
{
    char word[24];
    uint64_t n = 0;

    if (!pv_word(key, word, sizeof(word)))
        return otherwise;
    for (const char *p = word; *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    return n;
}

static domid_t own_domid(void)
{
    struct evtchn_status status = { .dom = DOMID_SELF };
    long port = evtchn_alloc(DOMID_SELF);

    status.port = (evtchn_port_t)port;
    if (port < 0 || hc_event_channel_op(EVTCHNOP_status, &status))
        return DOMID_SELF;
    evtchn_close(status.port);
    return status.u.unbound.dom;
}

static void violation(uint64_t round, const char *what, long n)
{
    violations += (uint64_t)n;
    pv_printf("FUZZ: %ld violations (%s) in round %lu of seed=%lu round=%lu\n",
              n, what, round, seed, round_ops);
}

/*
 * Wait until @w's vCPU is down.  A busy machine is no fault: lost is who draws
 * no number while smp_end() waits.
 */
static bool ends(const struct worker *w)
{
    uint64_t at;

    do {
        at = w->random;
        if (smp_end(w->id))
            return true;
    } while (w->random != at);
    return false;
}

static bool run_round(uint64_t round, unsigned int nr_cpus)
{
    unsigned int lost;
    long found;

    for (unsigned int i = 1; i < nr_cpus; i++)
        if (smp_begin(i, work, &workers[i]))
            violation(round, "a vCPU does not start", 1);
    work(&workers[0]);
    for (unsigned int i = 1; i < nr_cpus; i++)
        if (!ends(&workers[i])) {
            pv_printf("FUZZ: vCPU %u stands in %s\n", i, workers[i].doing);
            violation(round, "a vCPU does not end", 1);
            return false;
        }

    if (pv_is_dom0()) {
        found = audit();
        audits++;
        if (found)
            violation(round, "audit of what the operations left", found);
    }
    lost = arena_restore(&workers[0]);
    if (lost)
        violation(round, "pages that cannot be restored", lost);
    if (pv_is_dom0()) {
        found = audit();
        audits++;
        if (found)
            violation(round, "audit of what is restored", found);
    }
    return !violations;
}

static unsigned int count_cpus(void)
{
    unsigned int n = 1;

    while (n < CPUS_MAX && hc_vcpu_op(VCPUOP_is_up, n, NULL) >= 0)
        n++;
    return n;
}

static void summary(unsigned int nr_cpus)
{
    uint64_t tried = 0, refused = 0, trapped = 0;

    for (unsigned int i = 0; i < nr_cpus; i++) {
        tried += workers[i].tried;
        refused += workers[i].refused;
        trapped += workers[i].trapped;
    }
    pv_printf("FUZZ: seed %lu, %u vCPUs, %lu operations, %lu refused, "
              "%lu trapped, %lu audits, %lu violations\n",
              seed, nr_cpus, tried, refused, trapped, audits, violations);
}

void guest_main(struct start_info *si)
{
    unsigned int nr_cpus;
    uint64_t ops_each;
    char word[4];

    pv_start(si);
    seed = number("seed", 1);
    ops_each = number("ops", 20000);
    round_ops = number("round", 1000);
    self_domid = own_domid();
    peer_domid = (domid_t)number("peer", self_domid);
    fuzz_trace = pv_word("trace", word, sizeof(word));
    nr_cpus = count_cpus();
    choose_ops();
    arena_init();
    if (grant_init() || user_init() || !nr_ops)
        pv_printf("FUZZ: cannot begin\n");
    trap_hook(TRAP_DB, on_debug);
    trap_hook(TRAP_NM, on_device_not_available);
    trap_hook(TRAP_FAILSAFE, on_failsafe);
    for (unsigned int i = 0; i < nr_cpus; i++) {
        workers[i].id = i;
        workers[i].random = seed * 0x2545f4914f6cdd1dull + i;
    }

    for (uint64_t r = 0; r < ops_each / round_ops; r++)
        if (!run_round(r, nr_cpus))
            break;
    summary(nr_cpus);
    pv_shutdown(SHUTDOWN_poweroff);
}
