# What the jobs with many guests share.

config() { # config NAME: a guest that runs for ever
    cat <<END
name = "$1"
kernel = "/boot/guest-pv/tick.elf"
memory = 8
vcpus = 1
END
}

now_ms() {
    read -r up _ </proc/uptime
    echo "$((${up%.*} * 1000 + 1${up#*.}0 - 1000))"
}

until_true() { # until_true SECONDS COMMAND...
    end=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt $end ] || {
            echo "many: not in time: $*"
            exit 1
        }
        usleep 200000
    done
}

# The first guest makes what stays on purpose, such as empty parents; its
# console lingers for a last reader.
warm_up() {
    config first >/tmp/many.cfg
    pel create /tmp/many.cfg >/dev/null && pel destroy first || exit 1
    until_true 60 settled
}

settled() {
    look >/tmp/look.1
    sleep 3
    look >/tmp/look.2
    cmp -s /tmp/look.1 /tmp/look.2
}

count_fds() { ls "/proc/$(pidof "$1")/fd" 2>/dev/null | wc -l; }

free_kb() { pel info --json | sed -n 's/.*"free_memory_kb": *\([0-9]*\).*/\1/p'; }

# What guests must leave as it was.
look() {
    echo "nodes of the store: $(xenstore-ls -fp / | md5sum)"
    echo "event channels of dom0: $(grep -c xen-dyn /proc/interrupts)"
    echo "open files of peld: $(count_fds peld)"
    echo "open files of pelstored: $(count_fds pelstored)"
    echo "interfaces: $(ls /sys/class/net | wc -l)"
}

left() { # left WHEN: note it; what daemons hold is only shown
    look >"/tmp/left.$1"
    free_kb >"/tmp/free.$1"
    for daemon in peld pelstored; do
        echo "many: $1: $daemon has" \
            "$(awk '/^VmRSS/ { print $2, $3 }' "/proc/$(pidof $daemon)/status")"
    done
}

same_as_before() { # same_as_before [KIB]: so much memory may be kept
    until_true 30 same "${1:-0}"
    cat /tmp/left.after
    echo "many: free memory: $(cat /tmp/free.after) KiB," \
        "before $(cat /tmp/free.before)"
    echo "many: nothing is left behind"
}

same() {
    left after >/dev/null
    cmp -s /tmp/left.before /tmp/left.after &&
        [ "$(cat /tmp/free.after)" -ge $(($(cat /tmp/free.before) - $1)) ]
}
