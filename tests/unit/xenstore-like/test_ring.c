/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring: a page that the guest may fill with anything. */
#include <errno.h>

#include <store/ring.h>

#include "world.h"

static void bytes_go_round_the_corner(void **state)
{
    struct xenstore_domain_interface page = { 0 };
    uint32_t cons = 0, prod = 0;
    char in[300], out[300];

    (void)state;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof(in); i++) {
            in[i] = round + i;
            page.req[MASK_XENSTORE_IDX(page.req_prod++)] = in[i];
        }
        assert_int_equal(ring_read(&page, &cons, out, sizeof(out)),
                         sizeof(out));
        assert_memory_equal(in, out, sizeof(in));
        assert_int_equal(ring_read(&page, &cons, out, sizeof(out)), 0);

        assert_int_equal(ring_write(&page, &prod, in, sizeof(in)), sizeof(in));
        for (size_t i = 0; i < sizeof(out); i++)
            out[i] = page.rsp[MASK_XENSTORE_IDX(page.rsp_cons++)];
        assert_memory_equal(in, out, sizeof(in));
    }
}

static void a_full_ring_takes_no_more(void **state)
{
    struct xenstore_domain_interface page = { 0 };
    uint32_t cons = 0, prod = 0;
    char data[XENSTORE_RING_SIZE + 10] = "";

    (void)state;
    assert_int_equal(ring_write(&page, &prod, data, sizeof(data)),
                     XENSTORE_RING_SIZE);
    assert_int_equal(ring_write(&page, &prod, data, sizeof(data)), 0);
    page.rsp_cons += 7;
    assert_int_equal(ring_write(&page, &prod, data, sizeof(data)), 7);

    page.req_prod = XENSTORE_RING_SIZE;
    assert_int_equal(ring_read(&page, &cons, data, sizeof(data)),
                     XENSTORE_RING_SIZE);
}

static void indices_are_not_trusted(void **state)
{
    static const struct {
        const char *why;
        uint32_t prod, cons;
        int read, write;
    } cases[] = {
        { "empty", 5, 5, 0, 4 },
        { "wrapped at 2^32", 3, UINT32_MAX - 4, 4, 4 },
        { "full", 1024, 0, 4, 0 },
        { "one too many", 1025, 0, -EIO, -EIO },
        { "consumer ahead", 0, 1, -EIO, -EIO },
        { "far away", 0x80000000u, 0, -EIO, -EIO },
    };
    struct xenstore_domain_interface page;
    uint32_t cons, prod;
    char data[4] = "";

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        memset(&page, 0, sizeof(page));
        page.req_prod = page.rsp_prod = cases[i].prod;
        page.req_cons = page.rsp_cons = cases[i].cons;
        print_message("%s\n", cases[i].why);
        cons = cases[i].cons;
        prod = cases[i].prod;
        assert_int_equal(ring_read(&page, &cons, data, 4), cases[i].read);
        assert_int_equal(ring_write(&page, &prod, data, 4), cases[i].write);
    }
}

static void reset_and_features(void **state)
{
    struct xenstore_domain_interface page;

    (void)state;
    memset(&page, 0xff, sizeof(page));
    assert_false(ring_wants_reset(&page)); /* not a value that we know */
    page.connection = XENSTORE_RECONNECT;
    assert_true(ring_wants_reset(&page));
    ring_error(&page, XENSTORE_ERROR_PROTO);
    assert_int_equal(page.error, XENSTORE_ERROR_PROTO);

    ring_reset(&page);
    assert_int_equal(page.connection, XENSTORE_CONNECTED);
    assert_int_equal(page.error, XENSTORE_ERROR_NONE);
    assert_int_equal(page.req_cons | page.req_prod, 0);
    assert_int_equal(page.rsp_cons | page.rsp_prod, 0);

    ring_offer(&page);
    assert_int_equal(page.server_features,
                     XENSTORE_SERVER_FEATURE_RECONNECTION |
                         XENSTORE_SERVER_FEATURE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_round_the_corner),
        cmocka_unit_test(a_full_ring_takes_no_more),
        cmocka_unit_test(indices_are_not_trusted),
        cmocka_unit_test(reset_and_features),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
