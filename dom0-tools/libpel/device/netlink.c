/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnetlink by libmnl: look up, rename, MTU, bridge, up. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <pel/netlink.h>

/* Room for one link: with VF tables and statistics it may be big. */
#define BUF_SIZE 32768

struct pel_netlink {
    struct mnl_socket *sock;
    uint32_t seq;
    char buf[BUF_SIZE];
};

int pel_netlink_open(struct pel_netlink **out)
{
    struct pel_netlink *nl = calloc(1, sizeof(*nl));
    int rc;

    if (!nl)
        return -ENOMEM;
    nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!nl->sock) {
        rc = -errno;
        free(nl);
        return rc;
    }
    if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
        rc = -errno;
        pel_netlink_close(nl);
        return rc;
    }
    *out = nl;

    return 0;
}

void pel_netlink_close(struct pel_netlink *nl)
{
    if (!nl)
        return;
    mnl_socket_close(nl->sock);
    free(nl);
}

static struct nlmsghdr *request(struct pel_netlink *nl, uint16_t type,
                                uint16_t flags, int index, unsigned int up,
                                unsigned int change)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(nl->buf);
    struct ifinfomsg *ifi;

    h->nlmsg_type = type;
    h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    h->nlmsg_seq = ++nl->seq;
    ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));
    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_index = index;
    ifi->ifi_flags = up;
    ifi->ifi_change = change;

    return h;
}

/* Sends, then hands replies to @cb until the last: 0 or -errno. */
static int talk(struct pel_netlink *nl, const struct nlmsghdr *h, mnl_cb_t cb,
                void *arg)
{
    unsigned int port = mnl_socket_get_portid(nl->sock);
    ssize_t len;
    int rc;

    if (mnl_socket_sendto(nl->sock, h, h->nlmsg_len) < 0)
        return -errno;
    do {
        len = mnl_socket_recvfrom(nl->sock, nl->buf, sizeof(nl->buf));
        if (len < 0)
            return -errno;
        rc = mnl_cb_run(nl->buf, (size_t)len, nl->seq, port, cb, arg);
        if (rc < 0)
            return -errno;
    } while (rc == MNL_CB_OK);

    return 0;
}

static int change(struct pel_netlink *nl, struct nlmsghdr *h)
{
    h->nlmsg_flags |= NLM_F_ACK;

    return talk(nl, h, NULL, NULL);
}

/* IFLA_LINKINFO: the kind of an interface. */
static int parse_kind(const struct nlattr *attr, void *arg)
{
    struct pel_link *link = arg;

    if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
        !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
        link->is_bridge = !strcmp(mnl_attr_get_str(attr), "bridge");

    return MNL_CB_OK;
}

static int parse_attr(const struct nlattr *attr, void *arg)
{
    uint16_t type = mnl_attr_get_type(attr);
    struct pel_link *link = arg;

    if (type == IFLA_MTU && !mnl_attr_validate(attr, MNL_TYPE_U32))
        link->mtu = mnl_attr_get_u32(attr);
    if (type == IFLA_LINKINFO)
        return mnl_attr_parse_nested(attr, parse_kind, link);

    return MNL_CB_OK;
}

/* A look-up by name has one answer and no acknowledgement. */
static int parse_link(const struct nlmsghdr *h, void *arg)
{
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
    struct pel_link *link = arg;

    if (h->nlmsg_type != RTM_NEWLINK)
        return MNL_CB_OK;
    link->index = ifi->ifi_index;
    mnl_attr_parse(h, sizeof(*ifi), parse_attr, link);

    return MNL_CB_STOP;
}

int pel_netlink_get(struct pel_netlink *nl, const char *name,
                    struct pel_link *out)
{
    struct nlmsghdr *h;

    if (!name[0] || strlen(name) >= IFNAMSIZ)
        return -ENODEV;
    memset(out, 0, sizeof(*out));
    h = request(nl, RTM_GETLINK, 0, 0, 0, 0);
    mnl_attr_put_strz(h, IFLA_IFNAME, name);

    return talk(nl, h, parse_link, out);
}

int pel_netlink_rename(struct pel_netlink *nl, int index, const char *name)
{
    struct nlmsghdr *h;

    if (!name[0] || strlen(name) >= IFNAMSIZ)
        return -EINVAL;
    h = request(nl, RTM_NEWLINK, 0, index, 0, 0);
    mnl_attr_put_strz(h, IFLA_IFNAME, name);

    return change(nl, h);
}

int pel_netlink_set_mtu(struct pel_netlink *nl, int index, uint32_t mtu)
{
    struct nlmsghdr *h = request(nl, RTM_NEWLINK, 0, index, 0, 0);

    mnl_attr_put_u32(h, IFLA_MTU, mtu);

    return change(nl, h);
}

int pel_netlink_set_master(struct pel_netlink *nl, int index, int bridge)
{
    struct nlmsghdr *h = request(nl, RTM_NEWLINK, 0, index, 0, 0);

    mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)bridge);

    return change(nl, h);
}

int pel_netlink_set_up(struct pel_netlink *nl, int index, bool up)
{
    return change(nl,
                  request(nl, RTM_NEWLINK, 0, index, up ? IFF_UP : 0, IFF_UP));
}
