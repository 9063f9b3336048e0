/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A self-test: one file, one function, one line of output.
 *
 * A test fails when one of its checks fails or a trap arrives that it does
 * not expect; it is skipped when it says why it cannot be tried.  Each test
 * leaves the guest as it found it, also after a check that failed.
 */
#ifndef PV_TEST_H
#define PV_TEST_H

#include <stdbool.h>
#include <stdint.h>

struct test {
    const char *name; /* GROUP/SUBJECT */
    void (*run)(void);
};

/** TEST - define test_ID, followed by the function's body */
#define TEST(id, name)                                                         \
    static void test_run_##id(void);                                           \
    const struct test test_##id = { name, test_run_##id };                     \
    static void test_run_##id(void)

/** test_fail - this test has failed; it may go on with other checks */
void test_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** test_skip - end the test: it cannot be tried here, and why */
void test_skip(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/** test_eq - check that @got is @want; numbers within +-4095 print decimal */
void test_eq(const char *what, uint64_t got, uint64_t want);

/** test_ok - check a statement that has no two numbers */
void test_ok(const char *what, bool ok);

/**
 * test_refused - check that @rc refuses a use of a frame in another role
 *
 * Xen 4.17 says -EBUSY where the frame would have to change its type, other
 * versions and hypervisors -EINVAL, and -EPERM where the owner is wrong; no
 * kernel tells them apart.
 */
void test_refused(const char *what, long rc);

/** test_own_domid - the domain's number, as the hypervisor has it */
unsigned int test_own_domid(void);

/** test_stranger - a frame of RAM that is not ours, ~0 if none is known */
uint64_t test_stranger(void);

/** test_user_ready - user_init() once; fails the test if it cannot */
void test_user_ready(void);

/** UNMAPPED - a kernel address that no test maps */
#define UNMAPPED 0xffffffffff000000ull

/** HV_ADDR - an address inside the hypervisor's part of every L4 */
#define HV_ADDR 0xffff830000001000ull

/** NON_CANONICAL - an address that no processor accepts */
#define NON_CANONICAL 0x0000900000000000ull

#endif
