/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Creating and destroying a guest.  Each call to the outside is made to fail
 * in turn; after each nothing may be left.
 */
#include "common.h"
#include "elf_maker.h"
#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/elfnote.h>
#include <pel/domain.h>
#include <pel/image.h>
#include "outside.h"

static struct maker elf;
static char kernel_path[] = "/tmp/test-create-XXXXXX";

static struct pel_config config(void)
{
    struct pel_config c;
    struct pel_ctx ctx = { .message = "" };

    pel_config_init(&c);
    c.name = strdup("g");
    c.kernel = strdup(kernel_path);
    c.memory_kb = 16 << 10;
    c.maxmem_kb = 32 << 10;
    c.vcpus = c.maxvcpus = 2;
    c.cpu_weight = 512;
    assert_int_equal(pel_config_finish(&ctx, &c), 0);
    return c;
}

static void world(void)
{
    free(w->memory);
    memset(w, 0, sizeof(*w));
    w->free_pages = 20000;
}

static int create(struct pel_ctx *ctx, uint32_t *domid)
{
    struct pel_config c = config();
    int rc;

    memset(ctx, 0, sizeof(*ctx));
    rc = pel_domain_create(ctx, &c, domid);
    pel_config_free(&c);
    return rc;
}

static void assert_nothing_left(void)
{
    assert_false(w->domain);
    assert_false(w->nodes);
    assert_false(w->introduced);
    assert_false(w->devices);
    assert_int_equal(w->maps, 0);
    assert_int_equal(w->free_pages, 20000);
}

static int set_up(void **state)
{
    uint8_t notes[128];
    size_t len;
    int fd = mkstemp(kernel_path);

    (void)state;
    outside_begin();
    len = maker_note_text(notes, 0, XEN_ELFNOTE_GUEST_OS, "test");
    len = maker_note_u64(notes, len, XEN_ELFNOTE_HYPERCALL_PAGE, 0x101000);
    maker_begin(&elf, 0x100010);
    maker_add(&elf, PT_LOAD, 0x100000, 0x3000, "code", 4);
    maker_add(&elf, PT_NOTE, 0, 0, notes, len);
    assert_int_equal(write(fd, elf.bytes, elf.len), elf.len);
    close(fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(w->memory);
    unlink(kernel_path);
    return 0;
}

static void a_guest_is_built(void **state)
{
    const struct start_info *si;
    struct pel_ctx ctx;
    uint32_t domid;
    int rc;

    (void)state;
    world();
    rc = create(&ctx, &domid);
    assert_told(&ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_int_equal(domid, ID);
    assert_true(w->domain && w->nodes && w->introduced && w->devices &&
                w->pinned);
    assert_int_equal(w->given_pages, 4096);
    assert_int_equal(w->maps, 0);

    assert_int_equal(w->vcpu.user_regs.rip, 0x100010);
    assert_int_equal(w->vcpu.user_regs.cs, 0xe033);
    assert_int_equal(w->vcpu.user_regs.ss, 0xe02b);
    assert_int_equal(w->vcpu.user_regs.rflags, 0x200);
    assert_int_equal(w->hypercall_mfn, FIRST_MFN + 0x101);
    si = (const void *)(w->memory + w->vcpu.user_regs.rsi);
    assert_string_equal(si->magic, "xen-3.0-x86_64");
    assert_int_equal(si->nr_pages, 4096);
    assert_int_equal(si->shared_info, SHARED << 12);
    assert_int_equal(w->vcpu.ctrlreg[3], (FIRST_MFN << 12) + si->pt_base);
    assert_memory_equal(w->memory + 0x100000, "code\0\0", 6);
    assert_int_equal(w->memory[0x102fff], 0);
    assert_int_equal(((uint64_t *)(w->memory + si->mfn_list))[4095],
                     FIRST_MFN + 4095);
    for (int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        assert_int_equal(w->shared.vcpu_info[i].evtchn_upcall_mask, 1);
    assert_int_equal(w->grants[GNTTAB_RESERVED_XENSTORE].frame, si->store_mfn);
    assert_int_equal(w->grants[GNTTAB_RESERVED_XENSTORE].flags,
                     GTF_permit_access);
    assert_int_equal(w->grants[GNTTAB_RESERVED_CONSOLE].frame,
                     si->console.domU.mfn);
}

static void single_pages_do_when_big_ones_are_out(void **state)
{
    struct pel_ctx ctx;
    uint32_t domid;

    (void)state;
    world();
    w->no_big_extents = true;
    assert_int_equal(create(&ctx, &domid), 0);
    assert_int_equal(w->given_pages, 4096);
}

static void each_call_may_fail(void **state)
{
    unsigned int n = 0;
    struct pel_ctx ctx;
    uint32_t domid;
    int rc;

    (void)state;
    do {
        world();
        w->fail_at = ++n;
        rc = create(&ctx, &domid);
        if (rc) {
            assert_told(&ctx, rc, NULL);
            assert_nothing_left();
        }
    } while (rc);
    assert_true(n > 25);
    print_message("%u calls\n", n - 1);
}

/* The guard, whose parent dies, becomes a child of ours. */
static void killed_at_any_call_it_leaves_nothing(void **state)
{
    unsigned int n = 0, died = 0;
    struct pel_ctx ctx;
    uint32_t domid;
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    do {
        world();
        w->die_at = ++n;
        pid = fork();
        if (pid == 0)
            _exit(create(&ctx, &domid) ? 1 : 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        while (waitpid(-1, NULL, 0) > 0)
            ;
        assert_int_equal(errno, ECHILD);
        w->memory = NULL; /* theirs */
        if (WIFSIGNALED(status)) {
            assert_nothing_left();
            died++;
        }
    } while (WIFSIGNALED(status));
    assert_int_equal(status, 0);
    assert_true(died > 25 && w->domain);
}

static void destroying_leaves_nothing(void **state)
{
    struct pel_ctx ctx;
    uint32_t domid;

    (void)state;
    world();
    assert_int_equal(create(&ctx, &domid), 0);
    assert_int_equal(pel_domain_destroy(&ctx, domid), 0);
    assert_nothing_left();

    assert_int_equal(pel_domain_destroy(&ctx, domid), -PEL_ENOENT);
    assert_told(&ctx, -1, "there is no domain 7");
    pel_error_clear(&ctx);
    assert_int_equal(pel_domain_destroy(&ctx, 0), -PEL_EINVAL);
}

static void nodes_without_a_domain_are_removed(void **state)
{
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    world();
    w->nodes = true;
    assert_int_equal(pel_domain_destroy(&ctx, ID), 0);
    assert_nothing_left();
    assert_string_equal(ctx.message, "");
}

static void a_second_destroy_ends_what_the_first_could_not(void **state)
{
    unsigned int n = 0;
    struct pel_ctx ctx;
    uint32_t domid;
    int rc;

    (void)state;
    do {
        world();
        assert_int_equal(create(&ctx, &domid), 0);
        w->fail_at = w->calls + ++n;
        rc = pel_domain_destroy(&ctx, domid);
        if (rc) {
            assert_told(&ctx, rc, NULL);
            pel_error_clear(&ctx);
            w->fail_at = 0;
            if (w->domain || w->nodes)
                assert_int_equal(pel_domain_destroy(&ctx, domid), 0);
        }
        assert_false(w->domain);
        assert_false(w->nodes);
    } while (rc);
}

static void what_cannot_be_is_refused_first(void **state)
{
    struct pel_config c;
    struct pel_ctx ctx;
    uint32_t domid;

    (void)state;
    world();
    w->free_pages = 4096; /* no room for what the hypervisor needs itself */
    assert_int_equal(create(&ctx, &domid), -PEL_ENOSPC);
    assert_told(&ctx, -1, "the host has 16 MiB free");
    assert_false(w->domain);

    world();
    w->neighbour = true;
    w->neighbour_name = "g";
    assert_int_equal(create(&ctx, &domid), -PEL_EEXIST);
    assert_told(&ctx, -1, "\"g\" already, with id 3");
    w->neighbour_name = NULL;
    assert_int_equal(create(&ctx, &domid), 0);

    world();
    w->neighbour = true;
    c = config();
    memset(c.uuid, 0x33, sizeof(c.uuid));
    assert_int_equal(pel_domain_create(&ctx, &c, &domid), -PEL_EEXIST);
    assert_told(&ctx, -1, "same UUID");
    free(c.kernel);
    c.kernel = strdup("/nonexistent/vmlinuz");
    c.uuid[0] = 0;
    pel_error_clear(&ctx);
    assert_int_equal(pel_domain_create(&ctx, &c, &domid), -PEL_ENOENT);
    assert_told(&ctx, -1, "/nonexistent/vmlinuz");
    pel_config_free(&c);
    assert_nothing_left();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_built),
        cmocka_unit_test(single_pages_do_when_big_ones_are_out),
        cmocka_unit_test(each_call_may_fail),
        cmocka_unit_test(killed_at_any_call_it_leaves_nothing),
        cmocka_unit_test(destroying_leaves_nothing),
        cmocka_unit_test(nodes_without_a_domain_are_removed),
        cmocka_unit_test(a_second_destroy_ends_what_the_first_could_not),
        cmocka_unit_test(what_cannot_be_is_refused_first),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
