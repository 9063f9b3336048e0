/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console_io: for the initial domain; refused to others. */
#include <pv/hypercall.h>
#include <pv/start.h>
#include <pv/test.h>

TEST(console_io, "ctl/console-io")
{
    char buf[8];

    if (!pv_is_dom0()) {
        long rc = hc_console_io(CONSOLEIO_write, 0, "");

        /* Hypervisors built for debugging take it from everybody. */
        test_ok("write", rc == 0 || rc == -XEN_EPERM);
        return;
    }
    test_eq("write nothing", hc_console_io(CONSOLEIO_write, 0, ""), 0);
    test_eq("write what is not mapped",
            hc_console_io(CONSOLEIO_write, 4, (void *)UNMAPPED), -XEN_EFAULT);
    test_eq("write the hypervisor's memory",
            hc_console_io(CONSOLEIO_write, 4, (void *)HV_ADDR), -XEN_EFAULT);
    test_eq("read with nobody typing",
            hc_console_io(CONSOLEIO_read, sizeof(buf), buf), 0);
    test_eq("unknown command", hc_console_io(9, 1, buf), -XEN_ENOSYS);
}
