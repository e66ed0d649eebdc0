/* What a process sees of itself: `report`. */
#include "probe.h"
#include <dirent.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

void report_status(void)
{
    if (slurp("/proc/self/status", big, sizeof big) < 0) {
        put("status", "!unreadable");
        return;
    }
    char *save = NULL;
    for (char *l = strtok_r(big, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        char *c = strchr(l, ':');
        if (!c) {
            continue;
        }
        *c++ = 0;
        while (*c == '\t' || *c == ' ') {
            c++;
        }
        if (!strncmp(l, "Cap", 3) || !strncmp(l, "Sig", 3) || !strncmp(l, "Shd", 3) || !strcmp(l, "NoNewPrivs") ||
            !strcmp(l, "Seccomp") || !strcmp(l, "Seccomp_filters") || !strcmp(l, "Threads") || !strcmp(l, "Cpus_allowed_list") ||
            !strcmp(l, "Mems_allowed_list")) {
            put(l, c);
        }
    }
}

static void report_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    if (!d) {
        put("fds", "!unreadable");
        return;
    }
    struct dirent *e;
    while ((e = readdir(d))) {
        if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(d)) {
            continue;
        }
        char p[300], t[4096], k[300];
        snprintf(p, sizeof p, "/proc/self/fd/%s", e->d_name);
        ssize_t n = readlink(p, t, sizeof t - 1);
        t[n < 0 ? 0 : n] = 0;
        snprintf(k, sizeof k, "fd.%s", e->d_name);
        put(k, t);
    }
    closedir(d);
}

/* The same without procfs: which descriptors are open at all. */
void report_open_fds(void)
{
    printf("openfds=");
    for (int i = 0, first = 1; i < 1024; i++) {
        if (fcntl(i, F_GETFD) >= 0) {
            printf(first ? "%d" : ",%d", i);
            first = 0;
        }
    }
    fputc('\n', stdout);
}

static const char *const limit_names[] = {
    "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE",
    "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME",
};

static void report_limits(void)
{
    for (int i = 0; i < 16; i++) {
        struct rlimit r;
        if (getrlimit((enum __rlimit_resource)i, &r) == 0) {
            printf("%s=%llu:%llu\n", limit_names[i], (unsigned long long)r.rlim_cur, (unsigned long long)r.rlim_max);
        }
    }
}

void report_namespaces(void)
{
    static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
    for (int i = 0; i < 8; i++) {
        char p[64], t[128], k[64];
        snprintf(p, sizeof p, "/proc/self/ns/%s", names[i]);
        ssize_t n = readlink(p, t, sizeof t - 1);
        t[n < 0 ? 0 : n] = 0;
        snprintf(k, sizeof k, "ns.%s", names[i]);
        put(k, t);
    }
}

static void report_mounts(void)
{
    if (slurp("/proc/self/mountinfo", big, sizeof big) < 0) {
        put("mounts", "!unreadable");
        return;
    }
    int i = 0;
    char *save = NULL;
    for (char *l = strtok_r(big, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        char k[32];
        snprintf(k, sizeof k, "mount.%d", i++);
        put(k, l);
    }
}

static void report_loopback(void)
{
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq r;
    memset(&r, 0, sizeof r);
    strcpy(r.ifr_name, "lo");
    if (s < 0 || ioctl(s, SIOCGIFFLAGS, &r) < 0) {
        put("lo", err_name(errno));
    } else {
        put("lo", r.ifr_flags & IFF_UP ? "up" : "down");
    }
    printf("links=");
    struct if_nameindex *list = if_nameindex();
    for (int i = 0; list && list[i].if_index; i++) {
        printf(i ? ",%s" : "%s", list[i].if_name);
    }
    fputc('\n', stdout);
    if (s >= 0) {
        close(s);
    }
}

static void report_scheduling(void)
{
    struct sched_param sp;
    sched_getparam(0, &sp);
    put_num("sched.policy", sched_getscheduler(0));
    put_num("sched.priority", sp.sched_priority);
    errno = 0;
    put_num("nice", getpriority(PRIO_PROCESS, 0));
    uint32_t attr[14] = {56};
    if (syscall(SYS_sched_getattr, 0, attr, 56, 0) == 0) {
        printf("sched.flags=%llu\nsched.runtime=%llu\nsched.deadline=%llu\nsched.period=%llu\n",
               (unsigned long long)*(uint64_t *)(attr + 2),
               (unsigned long long)*(uint64_t *)(attr + 6), (unsigned long long)*(uint64_t *)(attr + 8),
               (unsigned long long)*(uint64_t *)(attr + 10));
        printf("sched.utilmin=%u\nsched.utilmax=%u\n", attr[12], attr[13]);
    }
    long io = syscall(SYS_ioprio_get, 1, 0);
    printf("ioprio=%ld:%ld\n", io >> 13, io & 0x1fff);
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    printf("affinity=");
    for (int i = 0, first = 1; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &set)) {
            printf(first ? "%d" : ",%d", i);
            first = 0;
        }
    }
    fputc('\n', stdout);
    printf("personality=%x\n", (unsigned)personality(0xffffffff));
    int mode = -1;
    unsigned long nodes[16] = {0};
    if (syscall(SYS_get_mempolicy, &mode, nodes, 1024, 0, 0) == 0) {
        printf("mempolicy=%d:%lx\n", mode, nodes[0]);
    } else {
        printf("mempolicy=!%s\n", err_name(errno));
    }
}

/* Tries to get at the keyring of another container: by linking it, and by joining it by its name. */
void do_keyring(const char *name, long serial)
{
    put("keyring.linked", syscall(SYS_keyctl, KEYCTL_LINK, serial, KEY_SPEC_SESSION_KEYRING) == 0 ? "0" : err_name(errno));
    put_num("keyring.joined", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name));
}

static void report_keyring(void)
{
    char d[512] = "";
    long n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, d, sizeof d - 1);
    if (n < 0) {
        printf("keyring=!%s\n", err_name(errno));
    } else {
        put("keyring", d);
    }
    put_num("keyring.id", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
}

void report_ids(void)
{
    uid_t r, e, s;
    gid_t gr, ge, gs;
    getresuid(&r, &e, &s);
    getresgid(&gr, &ge, &gs);
    put_num("pid", getpid());
    put_num("ppid", getppid());
    put_num("pgid", getpgid(0));
    put_num("sid", getsid(0));
    printf("uids=%u,%u,%u,%u\ngids=%u,%u,%u,%u\n", r, e, s, (unsigned)setfsuid(-1), gr, ge, gs, (unsigned)setfsgid(-1));
    gid_t g[1024];
    int n = getgroups(1024, g);
    printf("groups=");
    for (int i = 0; i < n; i++) {
        printf(i ? ",%u" : "%u", g[i]);
    }
    fputc('\n', stdout);
    mode_t m = umask(0);
    umask(m);
    printf("umask=%04o\n", m);
}

static void report_ambient(void)
{
    put_num("securebits", prctl(PR_GET_SECUREBITS));
    put_num("dumpable", prctl(PR_GET_DUMPABLE));
    int sig = -1;
    prctl(PR_GET_PDEATHSIG, &sig);
    put_num("pdeathsig", sig);
    put_num("subreaper", (prctl(PR_GET_CHILD_SUBREAPER, &sig), sig));
}

int saved_argc;

char **saved_argv;

void report(void)
{
    report_ids();
    char cwd[4096];
    put("cwd", syscall(SYS_getcwd, cwd, sizeof cwd) > 0 ? cwd : "!");
    put_num("argc", saved_argc);
    for (int i = 0; i < saved_argc; i++) {
        char k[32];
        snprintf(k, sizeof k, "arg.%d", i);
        put(k, saved_argv[i]);
    }
    int n = 0;
    for (char **e = environ; *e; e++, n++) {
        fputs("env.", stdout);
        put_escaped(stdout, *e, strlen(*e));
        fputc('\n', stdout);
    }
    put_num("env#", n);
    struct utsname u;
    uname(&u);
    put("hostname", u.nodename);
    put("domainname", u.domainname);
    put("machine", u.machine);
    report_status();
    report_ambient();
    report_limits();
    report_fds();
    report_open_fds();
    report_mounts();
    report_namespaces();
    report_loopback();
    report_scheduling();
    report_keyring();
    put_file("cgroup", "/proc/self/cgroup");
    put_file("comm", "/proc/self/comm");
    put_file("oom_score_adj", "/proc/self/oom_score_adj");
    put_file("uid_map", "/proc/self/uid_map");
    put_file("gid_map", "/proc/self/gid_map");
    put_file("setgroups", "/proc/self/setgroups");
    put_file("timens_offsets", "/proc/self/timens_offsets");
    put_file("coredump_filter", "/proc/self/coredump_filter");
    char exe[4096];
    ssize_t x = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[x < 0 ? 0 : x] = 0;
    put("exe", exe);
    for (int i = 0; i < 3; i++) {
        printf("tty.%d=%d\n", i, isatty(i));
    }
    struct winsize w;
    if (ioctl(0, TIOCGWINSZ, &w) == 0) {
        printf("winsize=%ux%u\n", w.ws_row, w.ws_col);
    }
}
