/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stand-in for the hypervisor, to be preloaded: any domain exists and runs,
 * its ring is a page of zeros, its event channel never fires.  So a store that
 * wants its devices runs on any Linux, with as many idle guests as one likes.
 *
 * With STANDIN=FOLDER in the environment guests are alive, played by whoever
 * made the folder:
 *   page-N  the page of domain N's ring; without it there is no such domain
 *   events  a FIFO; a guest writes its number (uint32_t) to signal the store,
 *           and DOMID_INVALID says that some domain's state changed
 *   notify  a FIFO, from which the number of the signalled guest is read
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
#include <sys/resource.h>
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
static int event_fd = -1, notify_fd = -1;
static evtchn_port_t last_port, virq_port;

#define PORTS_MAX 65536
static uint16_t domain_of[PORTS_MAX];               /* by local port */
static evtchn_port_t port_of[DOMID_FIRST_RESERVED]; /* 0: none */

/* Open a file of the folder: a descriptor, or -1. */
static int live_open(const char *name, unsigned int nr)
{
    const char *folder = getenv("STANDIN");
    char path[4096];

    snprintf(path, sizeof(path),
             name[strlen(name) - 1] == '-' ? "%s/%s%u" : "%s/%s", folder, name,
             nr);
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
                                 unsigned int flags)
{
    (void)logger;
    (void)flags;
    if (getenv("STANDIN")) {
        event_fd = live_open("events", 0);
        notify_fd = live_open("notify", 0);
    } else {
        event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
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
    uint32_t domid = port < PORTS_MAX ? domain_of[port] : 0;

    (void)x;
    if (notify_fd >= 0 && write(notify_fd, &domid, sizeof(domid)) < 0)
        return errno == EAGAIN ? 0 : -1; /* nobody looks, so nobody waits */
    return 0;
}

static evtchn_port_t port_new(uint32_t domid)
{
    last_port = last_port % (PORTS_MAX - 1) + 1;
    domain_of[last_port] = domid;
    return last_port;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *x,
                                                     uint32_t domid,
                                                     evtchn_port_t port)
{
    (void)x;
    (void)port;
    port_of[domid] = port_new(domid);
    return port_of[domid];
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *x,
                                              unsigned int virq)
{
    (void)x;
    (void)virq;
    virq_port = port_new(0);
    return virq_port;
}

int xenevtchn_unbind(xenevtchn_handle *x, evtchn_port_t port)
{
    (void)x;
    if (port_of[domain_of[port]] == port)
        port_of[domain_of[port]] = 0;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *x)
{
    uint32_t domid;

    (void)x;
    errno = EAGAIN;
    if (notify_fd < 0 || read(event_fd, &domid, sizeof(domid)) != sizeof(domid))
        return -1;
    if (domid < DOMID_FIRST_RESERVED)
        return port_of[domid];
    return virq_port;
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
    int fd = -1;

    (void)x;
    (void)ref;
    if (getenv("STANDIN")) {
        fd = live_open("page-", domid);
        if (fd < 0)
            return NULL;
    }
    page = mmap(NULL, PAGE_BYTES, prot,
                fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
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

void *xc_map_foreign_range(xc_interface *x, uint32_t domid, int size, int prot,
                           unsigned long mfn)
{
    void *page = mmap(NULL, size, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)x;
    (void)domid;
    (void)mfn;
    return page == MAP_FAILED ? NULL : page;
}

/* The OCaml store ends when it may not have as many descriptors as it likes. */
int setrlimit(__rlimit_resource_t what, const struct rlimit *limit)
{
    static int (*next)(__rlimit_resource_t, const struct rlimit *);

    if (!next)
        next = (int (*)(__rlimit_resource_t, const struct rlimit *))dlsym(
            RTLD_NEXT, "setrlimit");
    if (next(what, limit) && errno != EPERM)
        return -1;
    return 0;
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
    int fd;

    (void)x;
    if (nr != __HYPERVISOR_domctl || op->cmd != XEN_DOMCTL_getdomaininfo) {
        errno = ENOSYS;
        return -1;
    }
    if (getenv("STANDIN") && op->domain) {
        fd = live_open("page-", op->domain);
        if (fd < 0) {
            errno = ESRCH;
            return -1;
        }
        close(fd);
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
