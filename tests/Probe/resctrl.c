/*
 * Runs a command with a directory in the place of the resctrl file system, which hardly any machine has, and no virtual one.
 *
 *   resctrl DIR COMMAND...
 *
 * What the command sees is changed at its system calls, for it looks closely: a path /sys/fs/resctrl leads to DIR, fstatfs(2)
 * there says RDTGROUP_SUPER_MAGIC, a directory made there has a group's files at once, rmdir(2) removes a group with its files,
 * and what is written replaces a file. With "=" before DIR only the path is exchanged. All of this for the threads of the command
 * itself, not for what it starts. Exits with its status, 128 + N after a signal.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
/* After sys/ptrace.h, whose names it repeats as macros. */
#include <linux/ptrace.h>

#define MOUNT_POINT "/sys/fs/resctrl"

struct task {
    pid_t tid;
    uint64_t nr, args[6];
    /* The registers before the path was exchanged. */
    struct user_regs_struct before;
    int exchanged;
};

static struct task tasks[64];
static char root[4096];
static int plain;

static struct task *find(pid_t tid)
{
    struct task *unused = NULL;
    for (int i = 0; i < 64; i++) {
        if (tasks[i].tid == tid) {
            return &tasks[i];
        }
        if (!unused && !tasks[i].tid) {
            unused = &tasks[i];
        }
    }
    if (!unused) {
        abort();
    }
    *unused = (struct task){.tid = tid};
    return unused;
}

static void memory(pid_t tid, uint64_t at, void *data, size_t size, int writes)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", tid);
    int fd = open(path, (writes ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    if (fd >= 0) {
        /* A string at the end of a page is read as far as it goes. */
        ssize_t n = writes ? pwrite(fd, data, size, (off_t)at) : pread(fd, data, size, (off_t)at);
        (void)n;
        close(fd);
    }
}

/* The path of an open file of the command, if it is DIR or below; otherwise 0. */
static int below(pid_t tid, uint64_t fd, char *path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/fd/%d", tid, (int)fd);
    ssize_t n = readlink(link, path, size - 1);
    path[n < 0 ? 0 : n] = 0;
    size_t length = strlen(root);
    return !strncmp(path, root, length) && (path[length] == 0 || path[length] == '/');
}

/* The path of a file named by a directory of the command and a string in its memory. */
static int named(pid_t tid, uint64_t fd, uint64_t string, char *path, size_t size)
{
    char name[4096] = "";
    memory(tid, string, name, sizeof name - 1, 0);
    if (!below(tid, fd, path, size)) {
        return 0;
    }
    size_t n = strlen(path);
    snprintf(path + n, size - n, "/%s", name);
    return 1;
}

static void make(const char *directory, const char *name, int is_directory)
{
    char path[8500];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (is_directory) {
        mkdir(path, 0755);
    } else {
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    }
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *f)
{
    (void)s;
    (void)type;
    return f->level > 0 ? remove(path) : 0;
}

static void on_entry(struct task *t, const struct ptrace_syscall_info *info)
{
    t->nr = info->entry.nr;
    memcpy(t->args, info->entry.args, sizeof t->args);
    char path[8192] = "";
    if (t->nr == SYS_open || t->nr == SYS_openat || t->nr == SYS_openat2) {
        memory(t->tid, t->args[t->nr != SYS_open], path, sizeof path - 1, 0);
        if (!strcmp(path, MOUNT_POINT)) {
            struct user_regs_struct r;
            ptrace(PTRACE_GETREGS, t->tid, 0, &r);
            t->before = r;
            t->exchanged = 1;
            /* Below what the System V ABI keeps for the function that runs. */
            uint64_t at = r.rsp - 128 - sizeof root;
            memory(t->tid, at, root, strlen(root) + 1, 1);
            *(t->nr == SYS_open ? &r.rdi : &r.rsi) = at;
            ptrace(PTRACE_SETREGS, t->tid, 0, &r);
        }
    } else if (t->nr == SYS_unlinkat && t->args[2] & AT_REMOVEDIR && named(t->tid, t->args[0], t->args[1], path, sizeof path)) {
        nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
}

static void on_exit_of(struct task *t, int64_t result)
{
    char path[8192];
    if (t->exchanged) {
        struct user_regs_struct r;
        ptrace(PTRACE_GETREGS, t->tid, 0, &r);
        r.rdi = t->before.rdi;
        r.rsi = t->before.rsi;
        ptrace(PTRACE_SETREGS, t->tid, 0, &r);
        t->exchanged = 0;
    }
    if (result < 0 || plain) {
        return;
    }
    if (t->nr == SYS_fstatfs && below(t->tid, t->args[0], path, sizeof path)) {
        int64_t type = RDTGROUP_SUPER_MAGIC;
        memory(t->tid, t->args[1], &type, sizeof type, 1);
    } else if (t->nr == SYS_mkdirat && named(t->tid, t->args[0], t->args[1], path, sizeof path)) {
        make(path, "tasks", 0);
        make(path, "mon_data", 1);
        if (!strstr(path + strlen(root), "/mon_groups/")) {
            make(path, "schemata", 0);
            make(path, "mon_groups", 1);
        }
    } else if (t->nr == SYS_openat && t->args[2] & O_ACCMODE && below(t->tid, (uint64_t)result, path, sizeof path)) {
        if (truncate(path, 0)) {
            abort();
        }
    }
}

int main(int argc, char **argv)
{
    int gate[2], status, started = 0;
    plain = argc > 1 && argv[1][0] == '=';
    if (argc < 3 || !realpath(argv[1] + plain, root) || pipe(gate)) {
        return 125;
    }
    pid_t command = fork();
    if (command == 0) {
        char c;
        close(gate[1]);
        if (read(gate[0], &c, 1) == 1) {
            close(gate[0]);
            execvp(argv[2], argv + 2);
        }
        _exit(127);
    }
    /* Seized, not attached: what this program leaves behind when it ends goes on. */
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    if (ptrace(PTRACE_SEIZE, command, 0, options) || ptrace(PTRACE_INTERRUPT, command, 0, 0)) {
        return 125;
    }
    close(gate[0]);
    if (write(gate[1], "x", 1) != 1) {
        return 125;
    }
    close(gate[1]);
    for (;;) {
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0) {
            return 125;
        }
        struct task *t = find(tid);
        if (!WIFSTOPPED(status)) {
            t->tid = 0;
            if (tid == command) {
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            continue;
        }
        int signal = WSTOPSIG(status), event = status >> 16;
        if (signal == (SIGTRAP | 0x80)) {
            struct ptrace_syscall_info info;
            ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info);
            if (started && info.op == PTRACE_SYSCALL_INFO_ENTRY) {
                on_entry(t, &info);
            } else if (started && info.op == PTRACE_SYSCALL_INFO_EXIT) {
                on_exit_of(t, info.exit.rval);
            }
            ptrace(PTRACE_SYSCALL, tid, 0, 0);
        } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
            ptrace(PTRACE_LISTEN, tid, 0, 0);
        } else if (event) {
            started |= event == PTRACE_EVENT_EXEC;
            ptrace(PTRACE_SYSCALL, tid, 0, 0);
        } else {
            ptrace(PTRACE_SYSCALL, tid, 0, signal);
        }
    }
}
