/* Commands that wait, fork, use memory and time, and copy streams; a hook. */
#include "probe.h"
#include <dirent.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

void do_waitsig(double seconds)
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

void do_sleep(double seconds)
{
    fflush(stdout);
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) < 0 && errno == EINTR) {
    }
}

void do_fork(int n, double seconds)
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

/* N grandchildren that are nobody's before they end. */
void do_orphans(int n)
{
    int ids[2], made = 0;
    fflush(stdout);
    if (pipe(ids)) {
        outcome("orphans", "pipe", -1);
        return;
    }
    printf("orphans=");
    fflush(stdout);
    for (int i = 0; i < n; i++) {
        pid_t p = fork();
        if (p == 0) {
            pid_t own = getpid(), child = fork();
            if (child == 0) {
                while (getppid() == own) {
                    usleep(1000);
                }
                child = (pid_t)syscall(SYS_getpid);
                write(ids[1], &child, sizeof child);
            }
            _exit(0);
        }
        waitpid(p, NULL, 0);
        if (read(ids[0], &p, sizeof p) == sizeof p) {
            printf(made++ ? " %d" : "%d", p);
        }
    }
    printf("\norphaned=%d\n", made);
    fflush(stdout);
}

/* N children that ask for one grace period of the kernel after another, for which a task waits without hearing signals. */
void do_uninterruptible(int n, double seconds)
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

void do_alloc(size_t mib)
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

void do_spin(double seconds)
{
    struct timespec a, b;
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &a);
    do {
        clock_gettime(CLOCK_MONOTONIC, &b);
    } while ((double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9 < seconds);
}

void do_echo(void)
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

void do_emit(long long bytes)
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

void do_pids(void)
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
void do_hook(const char *file, const char *label)
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
