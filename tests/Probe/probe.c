/* The payload of the integration tests: one static program that tells what a process sees.
 *
 *   probe CMD ARG... [-- CMD ARG...]...
 *
 * Each command prints "key=value" lines; \ and newline in values are escaped as \\ and \n. Commands that try something print 0 or the errno's
 * name. The exit status is 0, or what `exit N` says. An unknown command prints to stderr and exits with 99.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static char big[1 << 20];

static void put_escaped(FILE *f, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '\n') {
            fputs("\\n", f);
        } else if (c == '\\') {
            fputs("\\\\", f);
        } else if (c == 0) {
            fputs("\\0", f);
        } else {
            fputc(c, f);
        }
    }
}

static void put(const char *key, const char *value)
{
    fputs(key, stdout);
    fputc('=', stdout);
    put_escaped(stdout, value, strlen(value));
    fputc('\n', stdout);
}

static void put_num(const char *key, long long v)
{
    printf("%s=%lld\n", key, v);
}

static const char *err_name(int e)
{
    const char *n = e == 0 ? "0" : strerrorname_np(e);
    return n ? n : "E?";
}

/* Prints "verb:object=0" or the errno's name. */
static void outcome(const char *verb, const char *object, long rc)
{
    int e = rc < 0 ? errno : 0;
    printf("%s:", verb);
    put_escaped(stdout, object, strlen(object));
    printf("=%s\n", err_name(e));
}

static ssize_t slurp(const char *path, char *buf, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    size_t n = 0;
    ssize_t r;
    while (n < cap - 1 && (r = read(fd, buf + n, cap - 1 - n)) > 0) {
        n += (size_t)r;
    }
    int e = errno;
    close(fd);
    errno = e;
    buf[n] = 0;
    return (ssize_t)n;
}

static void put_file(const char *key, const char *path)
{
    ssize_t n = slurp(path, big, sizeof big);
    if (n < 0) {
        printf("%s=!%s\n", key, err_name(errno));
        return;
    }
    while (n > 0 && big[n - 1] == '\n') {
        n--;
    }
    printf("%s=", key);
    put_escaped(stdout, big, (size_t)n);
    fputc('\n', stdout);
}

static void report_status(void)
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
static void report_open_fds(void)
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
    "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
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

static void report_namespaces(void)
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
        printf("sched.flags=%llu\nsched.runtime=%llu\nsched.deadline=%llu\nsched.period=%llu\n", (unsigned long long)*(uint64_t *)(attr + 2),
               (unsigned long long)*(uint64_t *)(attr + 6), (unsigned long long)*(uint64_t *)(attr + 8), (unsigned long long)*(uint64_t *)(attr + 10));
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

static void report_ids(void)
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

static int saved_argc;
static char **saved_argv;

static void report(void)
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

/* stat:PATH=TYPE MODE UID GID MAJOR:MINOR SIZE NLINK INO [-> TARGET] */
static void do_stat(const char *path, int follow)
{
    struct stat s;
    if (fstatat(AT_FDCWD, path, &s, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
        outcome("stat", path, -1);
        return;
    }
    char type = S_ISREG(s.st_mode) ? 'f' : S_ISDIR(s.st_mode) ? 'd' : S_ISLNK(s.st_mode) ? 'l' : S_ISCHR(s.st_mode) ? 'c' : S_ISBLK(s.st_mode) ? 'b'
                : S_ISFIFO(s.st_mode) ? 'p' : S_ISSOCK(s.st_mode) ? 's' : '?';
    printf("stat:");
    put_escaped(stdout, path, strlen(path));
    printf("=%c %04o %u %u %u:%u %lld %lu %lu", type, s.st_mode & 07777, s.st_uid, s.st_gid, major(s.st_rdev), minor(s.st_rdev),
           (long long)s.st_size, (unsigned long)s.st_nlink, (unsigned long)s.st_ino);
    if (type == 'l') {
        char t[4096];
        ssize_t n = readlink(path, t, sizeof t - 1);
        t[n < 0 ? 0 : n] = 0;
        printf(" -> ");
        put_escaped(stdout, t, strlen(t));
    }
    fputc('\n', stdout);
}

static void do_ls(const char *path)
{
    struct dirent **list;
    int n = scandir(path, &list, NULL, alphasort);
    if (n < 0) {
        outcome("ls", path, -1);
        return;
    }
    printf("ls:%s=", path);
    for (int i = 0, first = 1; i < n; i++) {
        if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, "..")) {
            printf(first ? "%s" : " %s", list[i]->d_name);
            first = 0;
        }
    }
    fputc('\n', stdout);
}

static void do_open(const char *path, const char *how)
{
    int f = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    f |= !strcmp(how, "ro") ? O_RDONLY : !strcmp(how, "wo") ? O_WRONLY : !strcmp(how, "create") ? O_CREAT | O_EXCL | O_WRONLY
        : !strcmp(how, "dir") ? O_DIRECTORY : O_RDWR;
    int fd = open(path, f, 0666);
    outcome(how, path, fd);
    if (fd >= 0) {
        close(fd);
    }
}

static void do_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    long rc = fd < 0 ? -1 : write(fd, text, strlen(text));
    outcome("write", path, rc);
    if (fd >= 0) {
        close(fd);
    }
}

static void do_append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    long rc = fd < 0 ? -1 : write(fd, text, strlen(text));
    outcome("append", path, rc);
    if (fd >= 0) {
        close(fd);
    }
}

static void do_read(const char *path, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, big, max);
    if (n < 0) {
        outcome("read", path, -1);
    } else {
        printf("read:%s=%zd ", path, n);
        for (ssize_t i = 0; i < n; i++) {
            printf("%02x", (unsigned char)big[i]);
        }
        fputc('\n', stdout);
    }
    if (fd >= 0) {
        close(fd);
    }
}

static void do_xattr(const char *path, const char *name)
{
    char v[4096];
    ssize_t n = lgetxattr(path, name, v, sizeof v - 1);
    if (n < 0) {
        outcome("xattr", path, -1);
        return;
    }
    v[n] = 0;
    printf("xattr:%s=%s\n", path, v);
}

static void do_statfs(const char *path)
{
    struct statfs s;
    if (statfs(path, &s) < 0) {
        outcome("statfs", path, -1);
        return;
    }
    printf("statfs:%s=type:%lx flags:%lx blocks:%llu files:%llu\n", path, (unsigned long)s.f_type, (unsigned long)s.f_flags,
           (unsigned long long)s.f_blocks * (unsigned long long)s.f_bsize, (unsigned long long)s.f_files);
}

static void do_waitsig(double seconds)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    put("ready", "waitsig");
    fflush(stdout);
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    int s;
    do {
        s = sigtimedwait(&all, NULL, &t);
    } while (s == SIGCHLD || (s < 0 && errno == EINTR));
    put_num("signal", s);
    fflush(stdout);
}

static void do_sleep(double seconds)
{
    fflush(stdout);
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) < 0 && errno == EINTR) {
    }
}

static void do_fork(int n, double seconds)
{
    int made = 0;
    fflush(stdout);
    for (int i = 0; i < n; i++) {
        pid_t p = fork();
        if (p == 0) {
            do_sleep(seconds);
            _exit(0);
        }
        if (p < 0) {
            printf("fork.error=%s\n", err_name(errno));
            break;
        }
        made++;
    }
    put_num("forked", made);
}

/* N children that ask for one grace period of the kernel after another, for which a task waits without hearing signals. */
static void do_uninterruptible(int n, double seconds)
{
    fflush(stdout);
    for (int i = 0; i < n; i++) {
        if (fork() == 0) {
            while (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0) {
            }
            _exit(1);
        }
    }
    do_sleep(seconds);
}

static void do_alloc(size_t mib)
{
    char *p = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        outcome("alloc", "mmap", -1);
        return;
    }
    for (size_t i = 0; i < mib << 20; i += 4096) {
        ((volatile char *)p)[i] = 1;
    }
    put_num("allocated", (long long)mib);
}

static void do_spin(double seconds)
{
    struct timespec a, b;
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &a);
    do {
        clock_gettime(CLOCK_MONOTONIC, &b);
    } while ((double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9 < seconds);
}

static void do_echo(void)
{
    fflush(stdout);
    ssize_t n;
    while ((n = read(0, big, sizeof big)) > 0) {
        for (ssize_t o = 0, w; o < n; o += w) {
            if ((w = write(1, big + o, (size_t)(n - o))) < 0) {
                return;
            }
        }
    }
}

static void do_emit(long long bytes)
{
    memset(big, 'x', sizeof big);
    fflush(stdout);
    while (bytes > 0) {
        ssize_t w = write(1, big, bytes < (long long)sizeof big ? (size_t)bytes : sizeof big);
        if (w < 0) {
            return;
        }
        bytes -= w;
    }
}

static void do_syscall(int argc, char **a)
{
    long v[7] = {0};
    for (int i = 0; i < argc && i < 7; i++) {
        v[i] = (long)strtoull(a[i], NULL, 0);
    }
    fflush(stdout);
    long rc = syscall(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
    if (rc < 0) {
        printf("syscall:%s=%s\n", a[0], err_name(errno));
    } else {
        printf("syscall:%s=%ld\n", a[0], rc);
    }
}

#ifdef __x86_64__
static void do_int80(long nr)
{
    long rc;
    fflush(stdout);
    __asm__ volatile("int $0x80" : "=a"(rc) : "a"(nr), "b"(0), "c"(0), "d"(0) : "memory", "r8", "r9", "r10", "r11");
    printf("int80:%ld=%s\n", nr, (int)rc < 0 ? err_name(-(int)rc) : "ok");
}

static void do_x32(long nr)
{
    fflush(stdout);
    long rc = syscall(nr | 0x40000000L, 0, 0, 0, 0, 0, 0);
    printf("x32:%ld=%s\n", nr, rc < 0 ? err_name(errno) : "ok");
}
#endif

/* Makes a call that a filter may TRAP, and tells what the signal says. */
static void on_sigsys(int sig, siginfo_t *i, void *context)
{
    (void)context;
    printf("sigsys=%d code %d errno %d syscall %d arch %x\n", sig, i->si_code, i->si_errno, i->si_syscall, i->si_arch);
}

static void do_trapped(long nr)
{
    struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &sa, NULL);
    long rc = syscall(nr, 0, 0, 0, 0, 0, 0);
    printf("trapped:%ld=%s\n", nr, rc < 0 ? err_name(errno) : "ok");
}

/* A child makes a call that a filter may TRACE, under a tracer that tells the event's message and lets the call go on as getppid(2). */
static void do_traced(long nr)
{
    fflush(stdout);
    pid_t p = fork();
    if (p == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(syscall(nr, 0, 0, 0, 0, 0, 0) >= 0 ? 21 : 22);
    }
    int status;
    waitpid(p, &status, 0);
    ptrace(PTRACE_SETOPTIONS, p, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
    ptrace(PTRACE_CONT, p, 0, 0);
    while (waitpid(p, &status, 0) == p && WIFSTOPPED(status)) {
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
            unsigned long message = 0;
            ptrace(PTRACE_GETEVENTMSG, p, 0, &message);
            printf("traced:%ld=%lu\n", nr, message);
        }
        ptrace(PTRACE_CONT, p, 0, 0);
    }
    put_num("traced.exit", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static void on_alarm(int sig)
{
    (void)sig;
}

/* Makes a call during which a signal with a handler arrives. */
static void do_interrupted(long nr, long milliseconds)
{
    struct sigaction sa = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &sa, NULL);
    struct itimerval t = {.it_value = {milliseconds / 1000, milliseconds % 1000 * 1000}};
    setitimer(ITIMER_REAL, &t, NULL);
    long rc = syscall(nr, 0, 0, 0, 0, 0, 0);
    printf("interrupted:%ld=%s\n", nr, rc < 0 ? err_name(errno) : "ok");
}

static void do_pids(void)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    printf("pids=");
    for (int first = 1; d && (e = readdir(d));) {
        if (e->d_name[0] >= '1' && e->d_name[0] <= '9') {
            printf(first ? "%s" : ",%s", e->d_name);
            first = 0;
        }
    }
    fputc('\n', stdout);
    if (d) {
        closedir(d);
    }
}

/* As a hook: one record per call appended to FILE, ended by an empty line. */
static void do_hook(const char *file, const char *label)
{
    char in[65536];
    size_t n = 0;
    ssize_t r;
    while (n < sizeof in && (r = read(0, in + n, sizeof in - n)) > 0) {
        n += (size_t)r;
    }
    fflush(stdout);
    FILE *f = fopen(file, "a");
    if (!f) {
        fprintf(stderr, "hook: %s: %s\n", file, strerror(errno));
        exit(98);
    }
    int fd = dup(1);
    dup2(fileno(f), 1);
    put("hook", label);
    printf("stdin=");
    put_escaped(stdout, in, n);
    fputc('\n', stdout);
    report_ids();
    char cwd[4096];
    put("cwd", syscall(SYS_getcwd, cwd, sizeof cwd) > 0 ? cwd : "!");
    for (int i = 0; i < saved_argc; i++) {
        char k[32];
        snprintf(k, sizeof k, "arg.%d", i);
        put(k, saved_argv[i]);
    }
    int c = 0;
    for (char **e = environ; *e; e++, c++) {
        fputs("env.", stdout);
        put_escaped(stdout, *e, strlen(*e));
        fputc('\n', stdout);
    }
    put_num("env#", c);
    report_namespaces();
    report_open_fds();
    report_status();
    struct stat s;
    printf("root.ino=%lu\n", stat("/", &s) == 0 ? (unsigned long)s.st_ino : 0);
    struct utsname u;
    uname(&u);
    put("hostname", u.nodename);
    fputc('\n', stdout);
    fflush(stdout);
    dup2(fd, 1);
    close(fd);
    fclose(f);
}

static void do_connect(const char *path)
{
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    outcome("connect", path, connect(s, (struct sockaddr *)&a, sizeof a));
    close(s);
}

static void do_notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path) {
        put("notify", "unset");
        return;
    }
    int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    outcome("notify", path, sendto(s, text, strlen(text), 0, (struct sockaddr *)&a, sizeof a));
    close(s);
}

/* Receives one message with descriptors at a socket; returns how many, the first in *fd. */
static int receive_fds(int c, int *fd, char *name, size_t size)
{
    char control[CMSG_SPACE(16 * sizeof(int))];
    struct iovec v = {name, size - 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(c, &m, 0);
    if (n < 0) {
        return -1;
    }
    name[n] = 0;
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    if (!h || h->cmsg_type != SCM_RIGHTS) {
        return 0;
    }
    int count = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(fd, CMSG_DATA(h), sizeof(int));
    return count;
}

/* The engine's end of --console-socket: accepts one connection, tells what came, writes TEXT to the terminal and copies what it prints. */
static void do_console_server(const char *path, const char *text)
{
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 4) < 0) {
        outcome("listen", path, -1);
        return;
    }
    put("ready", "console");
    fflush(stdout);
    int c = accept(s, NULL, NULL), fd = -1;
    char name[256] = "";
    put_num("fds", receive_fds(c, &fd, name, sizeof name));
    put("name", name);
    char more[8];
    put_num("more", recv(c, more, sizeof more, 0));
    struct stat st;
    fstat(fd, &st);
    printf("rdev=%u:%u\n", major(st.st_rdev), minor(st.st_rdev));
    char info[64], line[256];
    snprintf(info, sizeof info, "/proc/self/fdinfo/%d", fd);
    FILE *f = fopen(info, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (!strncmp(line, "Pid:\t", 5)) {
            put_num("pidfd", atol(line + 5));
        }
    }
    if (f) {
        fclose(f);
    }
    put_num("isatty", isatty(fd));
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) == 0) {
        printf("winsize=%ux%u\n", w.ws_row, w.ws_col);
    }
    fflush(stdout);
    if (text[0]) {
        write(fd, text, strlen(text));
    }
    ssize_t n;
    while ((n = read(fd, big, sizeof big)) > 0) {
        write(1, big, (size_t)n);
    }
}

/* A seccomp agent: takes CONNECTIONS listeners at PATH, tells what came with each, and answers one notification of each after DELAY ms with
 * ERRNO, or lets the call go on when that is 0. */
static void do_agent(const char *path, int connections, int error, int delay)
{
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 4) < 0) {
        outcome("listen", path, -1);
        return;
    }
    put("ready", "agent");
    fflush(stdout);
    for (int i = 0; i < connections; i++) {
        int c = accept(s, NULL, NULL), fd = -1;
        static char message[65536];
        char more[8];
        printf("agent.%d.fds=%d\n", i, receive_fds(c, &fd, message, sizeof message));
        printf("agent.%d.message=", i);
        put_escaped(stdout, message, strlen(message));
        printf("\nagent.%d.more=%zd\n", i, recv(c, more, sizeof more, 0));
        fflush(stdout);
        close(c);
        struct seccomp_notif call;
        memset(&call, 0, sizeof call);
        if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
            printf("agent.%d.received=%s\n", i, err_name(errno));
            continue;
        }
        printf("agent.%d.nr=%d\nagent.%d.pid=%u\n", i, call.data.nr, i, call.pid);
        fflush(stdout);
        usleep((useconds_t)delay * 1000);
        struct seccomp_notif_resp answer = {.id = call.id, .error = -error};
        answer.flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        printf("agent.%d.sent=%s\n", i, err_name(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 ? errno : 0));
        fflush(stdout);
        close(fd);
    }
}

/* Runs a program on a new terminal of ROWSxCOLS, TEXT typed into it after "ready" appears (or at once if it holds no such word), output on stdout. */
static int do_pty(const char *size, const char *text, char **argv)
{
    int m = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    unsigned rows = 24, cols = 80;
    sscanf(size, "%ux%u", &rows, &cols);
    struct winsize w = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    grantpt(m);
    unlockpt(m);
    ioctl(m, TIOCSWINSZ, &w);
    fflush(stdout);
    pid_t p = fork();
    if (p == 0) {
        setsid();
        int s = open(ptsname(m), O_RDWR);
        ioctl(s, TIOCSCTTY, 0);
        dup2(s, 0);
        dup2(s, 1);
        dup2(s, 2);
        if (s > 2) {
            close(s);
        }
        execv(argv[0], argv);
        _exit(127);
    }
    size_t seen = 0;
    int typed = 0;
    char window[8192];
    ssize_t n;
    while ((n = read(m, big, sizeof big)) > 0) {
        write(1, big, (size_t)n);
        size_t keep = (size_t)n < sizeof window - seen - 1 ? (size_t)n : sizeof window - seen - 1;
        memcpy(window + seen, big, keep);
        seen += keep;
        window[seen] = 0;
        if (!typed && strstr(window, "ready")) {
            typed = 1;
            usleep(100000);
            if (!strcmp(text, "RESIZE")) {
                w.ws_row = 11;
                w.ws_col = 22;
                ioctl(m, TIOCSWINSZ, &w);
            } else {
                write(m, text, strlen(text));
            }
        }
    }
    int status = 0;
    waitpid(p, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* One escaped argument of a line of `talk`: \r \n \e \xNN. */
static size_t unescape(char *t)
{
    char *w = t;
    for (char *r = t; *r; r++) {
        if (*r == '\\' && r[1] == 'x') {
            char h[3] = {r[2], r[2] ? r[3] : 0, 0};
            *w++ = (char)strtol(h, NULL, 16);
            r += 3;
        } else if (*r == '\\' && r[1]) {
            r++;
            *w++ = *r == 'r' ? '\r' : *r == 'n' ? '\n' : *r == 'e' ? 27 : *r;
        } else {
            *w++ = *r;
        }
    }
    *w = 0;
    return (size_t)(w - t);
}

static double cpu_of(pid_t p)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", p);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = 0;
    if (f) {
        fclose(f);
    }
    unsigned long u = 0, s = 0;
    char *e = strrchr(text, ')');
    if (e) {
        sscanf(e + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s);
    }
    return (double)(u + s) / (double)sysconf(_SC_CLK_TCK);
}

/* Talks to a program on a new terminal, one word of SCRIPT a line: "expect TEXT" (within 20 s, from what matched before on; its end must come as soon), "send TEXT",
 * "size ROWSxCOLS", "kill SIGNAL", "nap MS" (reads nothing meanwhile), "hangup" (closes the terminal), "piped" (at the start: the
 * output is a pipe, not the terminal), "background" (at the start: not the terminal's foreground job), "foreground". Then tells how the program ended
 * ("code"), how many bytes it wrote ("bytes") and x's of them ("xs"), the last 60 ("tail"), its CPU time in ms ("cpu"), what it used during
 * naps ("napcpu"), and whether the terminal's settings are as they were ("restored"). */
static int do_talk(char *script, char **argv)
{
    int m = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct winsize w = {.ws_row = 24, .ws_col = 80};
    grantpt(m);
    unlockpt(m);
    ioctl(m, TIOCSWINSZ, &w);
    int s = open(ptsname(m), O_RDWR | O_NOCTTY | O_CLOEXEC);
    unsigned char before[64] = {0}, after[64] = {0};
    ioctl(s, TCGETS, before);
    int out[2] = {-1, -1}, piped = !strncmp(script, "piped\n", 6), background = !strncmp(script, "background\n", 11);
    if (piped) {
        pipe2(out, O_CLOEXEC);
        script += 6;
    }
    script += background ? 11 : 0;
    int from = piped ? out[0] : m;
    setsid();
    ioctl(s, TIOCSCTTY, 0);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    fflush(stdout);
    pid_t p = fork();
    if (p == 0) {
        signal(SIGTTOU, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        setpgid(0, 0);
        dup2(s, 0);
        dup2(piped ? out[1] : s, 1);
        dup2(piped ? out[1] : s, 2);
        execv(argv[0], argv);
        _exit(127);
    }
    setpgid(p, p);
    if (!background) {
        tcsetpgrp(s, p);
    }
    if (piped) {
        close(out[1]);
    }
    static char window[1 << 16];
    size_t seen = 0;
    long long bytes = 0, xs = 0;
    double napcpu = 0;
    int status = 0, ended = 0, hung = 0, wait_ms = 20000;
    const char *wanted = NULL;
    while (1) {
        char *line = NULL;
        if (wanted == NULL && script && *script) {
            line = script;
            script = strchr(script, '\n');
            if (script) {
                *script++ = 0;
            }
        }
        if (line && !strncmp(line, "expect ", 7)) {
            unescape(line + 7);
            wanted = line + 7;
            wait_ms = 20000;
        } else if (line && !strncmp(line, "send ", 5)) {
            write(m, line + 5, unescape(line + 5));
        } else if (line && !strncmp(line, "size ", 5)) {
            unsigned r, c;
            sscanf(line + 5, "%ux%u", &r, &c);
            w.ws_row = (unsigned short)r;
            w.ws_col = (unsigned short)c;
            ioctl(m, TIOCSWINSZ, &w);
        } else if (line && !strncmp(line, "kill ", 5)) {
            kill(p, atoi(line + 5));
        } else if (line && !strncmp(line, "nap ", 4)) {
            double t = cpu_of(p);
            usleep((useconds_t)atoi(line + 4) * 1000);
            napcpu += cpu_of(p) - t;
        } else if (line && !strcmp(line, "foreground")) {
            tcsetpgrp(s, p);
        } else if (line && !strcmp(line, "hangup")) {
            close(s);
            close(m);
            hung = 1;
        }
        char *hit = wanted ? memmem(window, seen, wanted, strlen(wanted)) : NULL;
        if (hit) {
            size_t used = (size_t)(hit - window) + strlen(wanted);
            memmove(window, window + used, seen - used);
            seen -= used;
            wanted = NULL;
            continue;
        }
        if (line && !wanted) {
            continue;
        }
        if (!ended && waitpid(p, &status, WNOHANG) == p) {
            ended = 1;
        }
        struct pollfd f = {.fd = hung && !piped ? -1 : from, .events = POLLIN};
        int got = poll(&f, 1, ended ? 0 : 50);
        ssize_t n = got > 0 && f.revents & POLLIN ? read(from, big, sizeof big) : 0;
        if (n <= 0) {
            if (ended) {
                break;
            }
            if (got > 0) {
                /* a pipe without a writer is always ready */
                usleep(50000);
            }
            wait_ms -= 50;
            if (wait_ms <= 0) {
                put("missed", wanted ? wanted : "its end");
                wait_ms = 20000;
                kill(p, SIGKILL);
                wanted = NULL;
                script = NULL;
            }
            continue;
        }
        bytes += n;
        for (ssize_t i = 0; i < n; i++) {
            xs += big[i] == 'x';
        }
        size_t keep = (size_t)n < sizeof window ? (size_t)n : sizeof window;
        if (seen + keep > sizeof window) {
            size_t drop = seen + keep - sizeof window;
            memmove(window, window + drop, seen - drop);
            seen -= drop;
        }
        memcpy(window + seen, big + n - keep, keep);
        seen += keep;
    }
    if (wanted) {
        put("missed", wanted);
    }
    ioctl(s, TCGETS, after);
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    printf("code=%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    printf("bytes=%lld\nxs=%lld\n", bytes, xs);
    char tail[61] = {0};
    size_t len = seen < 60 ? seen : 60;
    memcpy(tail, window + seen - len, len);
    put("tail", tail);
    printf("cpu=%ld\n", (long)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000);
    printf("napcpu=%d\nrestored=%d\n", (int)(napcpu * 1000), !memcmp(before, after, sizeof after));
    return 0;
}

/* Tries to open for writing the executable of every process it can see, and that of its own start: prints what succeeded. */
static void do_attack_exe(const char *needle)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    int opened = 0, seen = 0;
    while (d && (e = readdir(d))) {
        if (e->d_name[0] < '1' || e->d_name[0] > '9') {
            continue;
        }
        char p[300], t[4096];
        snprintf(p, sizeof p, "/proc/%s/exe", e->d_name);
        ssize_t n = readlink(p, t, sizeof t - 1);
        t[n < 0 ? 0 : n] = 0;
        if (!strstr(t, needle)) {
            continue;
        }
        seen++;
        int h = open(p, O_PATH | O_CLOEXEC);
        char q[64];
        snprintf(q, sizeof q, "/proc/self/fd/%d", h);
        int w = open(q, O_WRONLY | O_CLOEXEC);
        if (w >= 0) {
            opened++;
            close(w);
        }
        if (h >= 0) {
            close(h);
        }
    }
    if (d) {
        closedir(d);
    }
    printf("attack.seen=%d\nattack.opened=%d\n", seen, opened);
}

/* Looks for some seconds into every process that appears and that the runtime still has in its hands: what of the host it leads to. */
static void do_attack_processes(int seconds, const char *marker)
{
    int looked = 0, host = 0, binary = 0, directories = 0, traced = 0;
    time_t end = time(NULL) + seconds;
    while (time(NULL) < end) {
        DIR *d = opendir("/proc");
        struct dirent *e;
        while (d && (e = readdir(d))) {
            int pid = atoi(e->d_name);
            char p[300], t[4096];
            /* As long as it is not a program of the container. */
            for (int i = 0; pid > 1 && i < 100; i++) {
                snprintf(p, sizeof p, "/proc/%d/exe", pid);
                ssize_t n = readlink(p, t, sizeof t - 1);
                t[n < 0 ? 0 : n] = 0;
                if (n > 0 && !strncmp(t, "/probe", 6)) {
                    break;
                }
                looked++;
                binary += n > 0 && !strncmp(strrchr(t, '/'), "/oci-run", 8);
                snprintf(p, sizeof p, "/proc/%d/root%s", pid, marker);
                host += access(p, F_OK) == 0;
                snprintf(p, sizeof p, "/proc/%d/fd", pid);
                DIR *f = opendir(p);
                struct dirent *g;
                while (f && (g = readdir(f))) {
                    struct stat s;
                    snprintf(p, sizeof p, "/proc/%d/fd/%.10s%s", pid, g->d_name, marker);
                    host += access(p, F_OK) == 0;
                    snprintf(p, sizeof p, "/proc/%d/fd/%.10s/.", pid, g->d_name);
                    directories += atoi(g->d_name) > 2 && stat(p, &s) == 0;
                }
                if (f) {
                    closedir(f);
                }
                snprintf(p, sizeof p, "/proc/%d/exe", pid);
                if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) {
                    n = readlink(p, t, sizeof t - 1);
                    t[n < 0 ? 0 : n] = 0;
                    traced += n > 0 && strncmp(t, "/probe", 6) != 0;
                    ptrace(PTRACE_INTERRUPT, pid, 0, 0);
                    waitpid(pid, NULL, __WALL);
                    ptrace(PTRACE_DETACH, pid, 0, 0);
                }
            }
        }
        if (d) {
            closedir(d);
        }
    }
    printf("attack.looked=%d\nattack.host=%d\nattack.binary=%d\nattack.directories=%d\nattack.traced=%d\n", looked, host, binary, directories, traced);
}

static int run(int argc, char **a)
{
#define IS(name, n) (!strcmp(a[0], name) && argc > (n))
    if (IS("report", 0)) {
        report();
    } else if (IS("stat", 1)) {
        do_stat(a[1], 0);
    } else if (IS("statl", 1)) {
        do_stat(a[1], 1);
    } else if (IS("ls", 1)) {
        do_ls(a[1]);
    } else if (IS("cat", 1)) {
        char k[4100];
        snprintf(k, sizeof k, "cat:%s", a[1]);
        put_file(k, a[1]);
    } else if (IS("read", 2)) {
        do_read(a[1], (size_t)atol(a[2]));
    } else if (IS("open", 2)) {
        do_open(a[1], a[2]);
    } else if (IS("write", 2)) {
        do_write(a[1], a[2]);
    } else if (IS("append", 2)) {
        do_append(a[1], a[2]);
    } else if (IS("mkdir", 1)) {
        outcome("mkdir", a[1], mkdir(a[1], 0777));
    } else if (IS("unlink", 1)) {
        outcome("unlink", a[1], unlink(a[1]));
    } else if (IS("chown", 2)) {
        outcome("chown", a[1], lchown(a[1], (uid_t)atoi(a[2]), (gid_t)-1));
    } else if (IS("mknod", 4)) {
        outcome("mknod", a[1],
                mknod(a[1], 0666 | (a[2][0] == 'b' ? S_IFBLK : S_IFCHR), makedev((unsigned)atoi(a[3]), (unsigned)atoi(a[4]))));
    } else if (IS("mount", 4)) {
        outcome("mount", a[2], mount(a[1], a[2], a[3], strtoul(a[4], NULL, 0), argc > 5 ? a[5] : NULL));
    } else if (IS("umount", 1)) {
        outcome("umount", a[1], umount2(a[1], MNT_DETACH));
    } else if (IS("statfs", 1)) {
        do_statfs(a[1]);
    } else if (IS("xattr", 2)) {
        do_xattr(a[1], a[2]);
    } else if (IS("exit", 1)) {
        fflush(stdout);
        exit(atoi(a[1]));
    } else if (IS("sleep", 1)) {
        do_sleep(atof(a[1]));
    } else if (IS("print", 1)) {
        puts(a[1]);
        fflush(stdout);
    } else if (IS("stderr", 1)) {
        fprintf(stderr, "%s\n", a[1]);
    } else if (IS("waitsig", 1)) {
        do_waitsig(atof(a[1]));
    } else if (IS("fork", 2)) {
        do_fork(atoi(a[1]), atof(a[2]));
    } else if (IS("uninterruptible", 2)) {
        do_uninterruptible(atoi(a[1]), atof(a[2]));
    } else if (IS("alloc", 1)) {
        do_alloc((size_t)atol(a[1]));
    } else if (IS("spin", 1)) {
        do_spin(atof(a[1]));
    } else if (IS("echo", 0)) {
        do_echo();
    } else if (IS("emit", 1)) {
        do_emit(atoll(a[1]));
    } else if (IS("raise", 1)) {
        fflush(stdout);
        raise(atoi(a[1]));
    } else if (IS("syscall", 1)) {
        do_syscall(argc - 1, a + 1);
#ifdef __x86_64__
    } else if (IS("int80", 1)) {
        do_int80(atol(a[1]));
    } else if (IS("x32", 1)) {
        do_x32(atol(a[1]));
#endif
    } else if (IS("trapped", 1)) {
        do_trapped(atol(a[1]));
    } else if (IS("traced", 1)) {
        do_traced(atol(a[1]));
    } else if (IS("interrupted", 2)) {
        do_interrupted(atol(a[1]), atol(a[2]));
    } else if (IS("agent", 4)) {
        do_agent(a[1], atoi(a[2]), atoi(a[3]), atoi(a[4]));
    } else if (IS("pids", 0)) {
        do_pids();
    } else if (IS("hook", 2)) {
        do_hook(a[1], a[2]);
    } else if (IS("connect", 1)) {
        do_connect(a[1]);
    } else if (IS("notify", 1)) {
        do_notify(a[1]);
    } else if (IS("console-server", 2)) {
        do_console_server(a[1], a[2]);
    } else if (IS("pty", 3)) {
        exit(do_pty(a[1], a[2], a + 3));
    } else if (IS("talk", 2)) {
        exit(do_talk(a[1], a + 2));
    } else if (IS("resized", 0)) {
        // Waits for SIGWINCH, then tells the new size.
        sigset_t s;
        sigemptyset(&s);
        sigaddset(&s, SIGWINCH);
        sigprocmask(SIG_BLOCK, &s, NULL);
        put("ready", "resize");
        fflush(stdout);
        struct timespec t = {10, 0};
        put_num("signal", sigtimedwait(&s, NULL, &t));
        struct winsize w;
        if (ioctl(0, TIOCGWINSZ, &w) == 0) {
            printf("winsize=%ux%u\n", w.ws_row, w.ws_col);
        }
    } else if (IS("readline", 0)) {
        put("ready", "readline");
        fflush(stdout);
        char line[512];
        ssize_t n = read(0, line, sizeof line - 1);
        line[n < 0 ? 0 : n] = 0;
        put("line", line);
    } else if (IS("attack-exe", 1)) {
        do_attack_exe(a[1]);
    } else if (IS("attack-processes", 2)) {
        do_attack_processes(atoi(a[1]), a[2]);
    } else if (IS("chdir", 1)) {
        outcome("chdir", a[1], chdir(a[1]));
    } else if (IS("umask", 1)) {
        umask((mode_t)strtol(a[1], NULL, 8));
    } else if (IS("kill", 2)) {
        outcome("kill", a[1], kill(atoi(a[1]), atoi(a[2])));
    } else if (IS("unshare", 1)) {
        outcome("unshare", a[1], unshare((int)strtol(a[1], NULL, 0)));
    } else if (IS("sethostname", 1)) {
        outcome("sethostname", a[1], sethostname(a[1], strlen(a[1])));
    } else if (IS("setrlimit", 3)) {
        struct rlimit r = {strtoull(a[2], NULL, 0), strtoull(a[3], NULL, 0)};
        outcome("setrlimit", a[1], setrlimit((enum __rlimit_resource)atoi(a[1]), &r));
    } else if (IS("blocksig", 1)) {
        sigset_t s;
        sigemptyset(&s);
        sigaddset(&s, atoi(a[1]));
        sigprocmask(SIG_BLOCK, &s, NULL);
    } else if (IS("ignsig", 1)) {
        signal(atoi(a[1]), SIG_IGN);
    } else if (IS("close", 1)) {
        close(atoi(a[1]));
    } else if (IS("dup", 2)) {
        outcome("dup", a[2], dup2(atoi(a[1]), atoi(a[2])));
    } else if (IS("openfd", 2)) {
        int fd = open(a[1], O_RDONLY);
        outcome("openfd", a[1], fd < 0 ? -1 : dup2(fd, atoi(a[2])));
        if (fd != atoi(a[2])) {
            close(fd);
        }
    } else if (IS("fcntl-write", 2)) {
        outcome("fdwrite", a[1], write(atoi(a[1]), a[2], strlen(a[2])));
    } else if (IS("exec", 1)) {
        fflush(stdout);
        execv(a[1], a + 1);
        outcome("exec", a[1], -1);
    } else {
        fprintf(stderr, "probe: unknown command or too few arguments: %s\n", a[0]);
        return 99;
    }
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    saved_argc = argc;
    saved_argv = argv;
    int i = 1;
    while (i < argc) {
        int exec = !strcmp(argv[i], "exec") || !strcmp(argv[i], "pty") || !strcmp(argv[i], "talk");
        int n = 0;
        while (i + n < argc && (exec || strcmp(argv[i + n], "--"))) {
            n++;
        }
        int rc = n ? run(n, argv + i) : 0;
        if (rc) {
            return rc;
        }
        i += n + 1;
    }
    return 0;
}
