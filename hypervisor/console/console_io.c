/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console_io: dom0's own console on the hypervisor's serial line. */
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include "local.h"

#define PIECE 128 /* bytes between two looks at the time */

/* Returns 0; -EFAULT; -ERESTART with what is left in @h. */
static long io_write(struct hcall *h)
{
    char piece[PIECE];
    size_t n;

    while (h->arg[1]) {
        n = MIN(h->arg[1], sizeof(piece));
        if (copy_from_guest(piece, h->arg[2], n))
            return -EFAULT;
        console_write(piece, n);
        h->arg[1] -= n;
        h->arg[2] += n;
        if (h->arg[1] && preempt_needed())
            return -ERESTART;
    }
    return 0;
}

/* Returns how many bytes were read, 0 if none wait; -EFAULT (they are lost) */
static long io_read(struct hcall *h)
{
    char piece[PIECE];
    size_t n, done = 0;

    while (done < h->arg[1]) {
        n = input_read(piece, MIN(h->arg[1] - done, sizeof(piece)));
        if (!n)
            break;
        if (copy_to_guest(h->arg[2] + done, piece, n))
            return -EFAULT;
        done += n;
    }
    return done;
}

/**
 * hc_console_io - CONSOLEIO_write and CONSOLEIO_read (cmd, count, buffer)
 *
 * Returns: see above; -EPERM not the hardware domain; -EINVAL a count above
 * INT_MAX; -ENOSYS another command.  Source: <xen/xen.h>.
 */
long hc_console_io(struct hcall *h)
{
    if (!h->caller->domain->hardware)
        return -EPERM;
    h->arg[1] = (uint32_t)h->arg[1];
    if (h->arg[1] > INT32_MAX)
        return -EINVAL;

    if ((uint32_t)h->arg[0] == CONSOLEIO_write)
        return io_write(h);
    if ((uint32_t)h->arg[0] == CONSOLEIO_read)
        return io_read(h);
    return -ENOSYS;
}
