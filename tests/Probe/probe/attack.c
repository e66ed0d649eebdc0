/* A neighbour that wants more than it should have. */
#include "probe.h"
#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

/* Tries to open for writing the executable of every process it can see, and that of its own start: prints what succeeded. */
void do_attack_exe(const char *needle)
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

/* Looks for some seconds into every process that appears and that the runtime still has in its hands: what of the host it leads
 * to. */
void do_attack_processes(int seconds, const char *marker)
{
    int looked = 0, host = 0, binary = 0, directories = 0, traced = 0, rights = 0;
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
                /* More than its own: whoever takes the process over has them. 21 is CAP_SYS_ADMIN. */
                snprintf(p, sizeof p, "/proc/%d/status", pid);
                FILE *status = fopen(p, "re");
                while (status && fgets(t, sizeof t, status)) {
                    rights += !strncmp(t, "CapPrm:", 7) && (strtoull(t + 7, NULL, 16) >> 21 & 1);
                }
                if (status) {
                    fclose(status);
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
    printf("attack.looked=%d\nattack.host=%d\nattack.binary=%d\nattack.directories=%d\nattack.traced=%d\nattack.rights=%d\n",
           looked, host, binary,
        directories, traced, rights);
}

/* Makes a user namespace with all that a file system of its own takes, as anybody may, and mounts that there: the kernel allows
 * it where the caller sees one that nothing is put over. */
void do_own_mount(const char *type, const char *directory)
{
    int status = 0;
    fflush(stdout);
    if (fork() == 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET)) {
            _exit(errno);
        }
        if (fork() == 0) {
            _exit(mount(type, directory, type, 0, NULL) ? errno : 0);
        }
        wait(&status);
        _exit(WEXITSTATUS(status));
    }
    wait(&status);
    errno = WEXITSTATUS(status);
    outcome("own-mount", type, errno ? -1 : 0);
}

/* Exchanges two names all the time, as somebody does who shares the directory they are in. Ends when it is killed. */
void do_exchange(const char *one, const char *other)
{
    put("ready", "exchange");
    fflush(stdout);
    for (;;) {
        syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, 2 /* RENAME_EXCHANGE */);
    }
}

/* Looks for some milliseconds at directories that change places: wherever procfs is, its core_pattern must be read-only and its
 * list of keys /dev/null. */
void do_bare_proc(int milliseconds, int count, char **directories)
{
    int seen = 0, bare = 0;
    struct timespec now, start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        for (int i = 0; i < count; i++) {
            struct statfs fs;
            struct stat keys;
            int at = open(directories[i], O_PATH | O_CLOEXEC);
            if (at >= 0 && fstatfs(at, &fs) == 0 && fs.f_type == 0x9fa0) {
                int pattern = openat(at, "sys/kernel/core_pattern", O_WRONLY | O_CLOEXEC);
                seen++;
                bare += pattern >= 0 || errno != EROFS;
                bare += fstatat(at, "keys", &keys, 0) == 0 && keys.st_rdev != makedev(1, 3);
                if (pattern >= 0) {
                    close(pattern);
                }
            }
            if (at >= 0) {
                close(at);
            }
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < milliseconds);
    printf("attack.seen=%d\nattack.bare=%d\n", seen, bare);
}
