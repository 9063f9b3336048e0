/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables as the stock tool printed them for the same machine, to the byte. */
#include "common.h"
#include <unistd.h>
#include "pel/out.h"

static char *text;
static size_t len;

static FILE *begin(void) { return open_memstream(&text, &len); }

static void end(FILE *f, const char *wanted)
{
    fclose(f);
    assert_string_equal(text, wanted);
    free(text);
}

static struct pel_cpumap cpus(uint8_t bits)
{
    return (struct pel_cpumap){ .bits = { bits } };
}

static const struct {
    const char *why;
    struct pel_vcpuinfo v;
    uint8_t hard, soft;
    const char *name;
    uint32_t domid;
    const char *line;
} vcpus[] = {
    { "dom0's, blocked",
      { .id = 0,
        .online = true,
        .blocked = true,
        .cpu = 1,
        .cpu_time_ns = 135600000000 },
      0xff,
      0xff,
      "Domain-0",
      0,
      "Domain-0                             0     0    1   -b-     135.6  all "
      "/ all\n" },
    { "dom0's, running",
      { .id = 1, .online = true, .running = true, .cpu_time_ns = 94700000000 },
      3,
      0xff,
      "Domain-0",
      0,
      "Domain-0                             0     1    0   r--      94.7  all "
      "/ all\n" },
    { "offline, pinned",
      { .id = 2, .cpu = 1, .cpu_time_ns = 4000000000 },
      2,
      1,
      "crowd",
      1,
      "crowd                                1     2    -   --p       4.0  1 / "
      "0\n" },
};

static void vcpus_are_listed(void **state)
{
    FILE *f = begin();

    (void)state;
    out_vcpu_head(f);
    end(f, "Name                                ID  VCPU   CPU State   Time(s) "
           "Affinity (Hard / Soft)\n");
    for (size_t i = 0; i < ARRAY_SIZE(vcpus); i++) {
        struct pel_vcpuinfo v = vcpus[i].v;

        print_message("%s\n", vcpus[i].why);
        v.hard = cpus(vcpus[i].hard);
        v.soft = cpus(vcpus[i].soft);
        f = begin();
        out_vcpu_row(f, vcpus[i].domid, vcpus[i].name, &v, 2);
        end(f, vcpus[i].line);
    }
}

static void shares_are_listed(void **state)
{
    FILE *f = begin();

    (void)state;
    out_sched_head(f);
    out_sched_row(f, 0, "Domain-0", 256, 0);
    out_sched_row(f, 1, "crowd", 512, 50);
    end(f, "Name                                ID Weight  Cap\n"
           "Domain-0                             0    256    0\n"
           "crowd                                1    512   50\n");
}

static void times_are_listed(void **state)
{
    FILE *f = begin();

    (void)state;
    out_uptime_head(f);
    out_uptime_row(f, 0, "Domain-0", 330, 0, false);
    out_uptime_row(f, 1, "crowd", 86400 + 3661, 0, false);
    out_uptime_row(f, 2, "old", 2 * 86400 + 43200, 0, false);
    end(f, "Name                                ID Uptime\n"
           "Domain-0                             0  0:05:30\n"
           "crowd                                1 1 day,  1:01:01\n"
           "old                                  2 2 days, 12:00:00\n");
    setenv("TZ", "UTC", 1);
    f = begin();
    out_uptime_row(f, 0, "Domain-0", 330, 1795245928, true);
    end(f, " 07:25:28 up  0:05, Domain-0 (0)\n");
}

static void disks_are_listed(void **state)
{
    const struct pel_devinfo disk = {
        .devid = 51712,
        .state = 4,
        .evtchn = -1,
        .ring = -1,
        .backend = "/local/domain/0/backend/vbd/1/51712",
    };
    FILE *f = begin();

    (void)state;
    out_block_head(f);
    out_block_row(f, 1, &disk);
    end(f,
        "Vdev  BE  handle state evt-ch ring-ref BE-path                      "
        " \n"
        "51712 0   1      4     -1     -1       "
        "/local/domain/0/backend/vbd/1/51712\n");
}

static void nics_are_listed(void **state)
{
    const struct pel_devinfo nic = {
        .state = 4,
        .evtchn = -1,
        .ring = -1,
        .rx_ring = -1,
        .mac = { 0x00, 0x16, 0x3e, 0x4e, 0x72, 0x38 },
        .backend = "/local/domain/0/backend/vif/1/0",
    };
    FILE *f = begin();

    (void)state;
    out_network_head(f);
    out_network_row(f, &nic);
    end(f, "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref "
           "BE-path                       \n"
           "0   0  00:16:3e:4e:72:38     0     4     -1    -1/-1          "
           "/local/domain/0/backend/vif/1/0\n");
}

static void pools_are_listed(void **state)
{
    const struct xen_sysctl_cpupool_op pool = {
        .sched_id = XEN_SCHEDULER_CREDIT2,
        .n_dom = 1,
    };
    struct pel_cpumap two = cpus(3);
    FILE *f = begin();

    (void)state;
    out_pool_head(f, false);
    out_pool_row(f, "Pool-0", &pool, &two, 8, false);
    end(f, "Name               CPUs   Sched     Active   Domain count\n"
           "Pool-0               2   credit2       y          1\n");
    f = begin();
    out_pool_head(f, true);
    out_pool_row(f, "Pool-0", &pool, &two, 8, true);
    end(f, "Name               CPU list\n"
           "Pool-0             0,1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vcpus_are_listed), cmocka_unit_test(shares_are_listed),
        cmocka_unit_test(times_are_listed), cmocka_unit_test(disks_are_listed),
        cmocka_unit_test(nics_are_listed),  cmocka_unit_test(pools_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
