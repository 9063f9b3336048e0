/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for the hypervisor, to be preloaded: any domain exists and runs,
 * its ring is a page of zeros, its event channel never fires.  So a store that
 * wants its devices runs on any Linux, with as many idle guests as one likes.
 */
#define __XEN_TOOLS__ 1 /* <xen/domctl.h> is for the control domain's tools */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xencall.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xen/xen.h>
#include <xen/domctl.h>

#define PAGE_BYTES 4096
#define DOM0_PAGE "/proc/xen/xsd_kva"
#define DOM0_PORT "/proc/xen/xsd_port"

static char handle[1]; /* all handles are this one; nobody looks inside */
static int event_fd = -1;
static evtchn_port_t last_port;

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
                                 unsigned int flags)
{
    (void)logger;
    (void)flags;
    event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event_fd < 0 ? NULL : (xenevtchn_handle *)handle;
}

int xenevtchn_close(xenevtchn_handle *x)
{
    (void)x;
    return close(event_fd);
}

int xenevtchn_fd(xenevtchn_handle *x)
{
    (void)x;
    return event_fd;
}

int xenevtchn_notify(xenevtchn_handle *x, evtchn_port_t port)
{
    (void)x;
    (void)port;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *x,
                                                     uint32_t domid,
                                                     evtchn_port_t port)
{
    (void)x;
    (void)domid;
    (void)port;
    return ++last_port;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *x,
                                              unsigned int virq)
{
    (void)x;
    (void)virq;
    return ++last_port;
}

int xenevtchn_unbind(xenevtchn_handle *x, evtchn_port_t port)
{
    (void)x;
    (void)port;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *x)
{
    (void)x;
    errno = EAGAIN;
    return -1;
}

int xenevtchn_unmask(xenevtchn_handle *x, evtchn_port_t port)
{
    (void)x;
    (void)port;
    return 0;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger,
                                 unsigned int flags)
{
    (void)logger;
    (void)flags;
    return (xengnttab_handle *)handle;
}

int xengnttab_close(xengnttab_handle *x)
{
    (void)x;
    return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *x, uint32_t nr)
{
    (void)x;
    (void)nr;
    return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *x, uint32_t domid, uint32_t ref,
                              int prot)
{
    void *page;

    (void)x;
    (void)domid;
    (void)ref;
    page = mmap(NULL, PAGE_BYTES, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

int xengnttab_unmap(xengnttab_handle *x, void *page, uint32_t nr)
{
    (void)x;
    return munmap(page, (size_t)nr * PAGE_BYTES);
}

/* What Debian's store asks of the hypervisor. */
xc_interface *xc_interface_open(xentoollog_logger *logger,
                                xentoollog_logger *dombuild, unsigned int flags)
{
    (void)logger;
    (void)dombuild;
    (void)flags;
    return (xc_interface *)handle;
}

int xc_interface_close(xc_interface *x)
{
    (void)x;
    return 0;
}

int xc_domain_getinfo(xc_interface *x, uint32_t first, unsigned int max,
                      xc_dominfo_t *info)
{
    (void)x;
    if (!max)
        return 0;
    memset(info, 0, sizeof(*info));
    info->domid = first;
    info->running = 1;
    return 1;
}

/* What ours asks. */
xencall_handle *xencall_open(struct xentoollog_logger *logger,
                             unsigned int flags)
{
    (void)logger;
    (void)flags;
    return (xencall_handle *)handle;
}

int xencall_close(xencall_handle *x)
{
    (void)x;
    return 0;
}

void *xencall_alloc_buffer(xencall_handle *x, size_t size)
{
    (void)x;
    return malloc(size);
}

void xencall_free_buffer(xencall_handle *x, void *p)
{
    (void)x;
    free(p);
}

int xencall1(xencall_handle *x, unsigned int nr, uint64_t arg)
{
    struct xen_domctl *op = (struct xen_domctl *)(uintptr_t)arg;

    (void)x;
    if (nr != __HYPERVISOR_domctl || op->cmd != XEN_DOMCTL_getdomaininfo) {
        errno = ENOSYS;
        return -1;
    }
    op->u.getdomaininfo.domain = op->domain;
    op->u.getdomaininfo.flags = XEN_DOMINF_running;
    return 0;
}

/* The two files by which dom0's kernel shows its own ring. */
FILE *fopen(const char *path, const char *mode)
{
    static FILE *(*next)(const char *, const char *);
    static char port[] = "1\n";

    if (!strcmp(path, DOM0_PORT))
        return fmemopen(port, sizeof(port) - 1, "r");
    if (!next)
        next =
            (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen");
    return next(path, mode);
}

int open(const char *path, int flags, ...)
{
    static int (*next)(const char *, int, ...);
    unsigned int mode;
    __builtin_va_list ap;
    int fd;

    if (!strcmp(path, DOM0_PAGE)) {
        fd = memfd_create("ring", MFD_CLOEXEC);
        return fd < 0 || !ftruncate(fd, PAGE_BYTES) ? fd : -1;
    }
    if (!strcmp(path, DOM0_PORT)) {
        fd = memfd_create("port", MFD_CLOEXEC);
        return fd < 0 || pwrite(fd, "1\n", 2, 0) == 2 ? fd : -1;
    }
    __builtin_va_start(ap, flags);
    mode =
        flags & (O_CREAT | O_TMPFILE) ? __builtin_va_arg(ap, unsigned int) : 0;
    __builtin_va_end(ap);
    if (!next)
        next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    return next(path, flags, mode);
}
