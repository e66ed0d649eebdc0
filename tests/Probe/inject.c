/*
 * Runs a command and does something at one of its system calls, counted from its execve on.
 *
 *   inject runtime|child list|kill|ERRNO N LOG COMMAND...
 *
 * runtime: the calls of the command itself, all threads; child: those of its children until they execute a program of a file
 * system (a memfd is none). list writes "INDEX NUMBER" for each call to LOG; kill sends SIGKILL before call N; ERRNO, a number,
 * has call N fail with that error without being made. LOG then holds the call's number. Exits with the command's status, 128 + N
 * after a signal.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
/* After sys/ptrace.h, whose names it repeats as macros. */
#include <linux/ptrace.h>

enum role { RUNTIME, CHILD, PAYLOAD };

struct task {
    pid_t tid;
    enum role role;
    int failing;
};

static struct task tasks[256];
static int count;
static pid_t command;

static pid_t field(pid_t tid, const char *name)
{
    char path[64], line[256];
    int value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", tid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (!strncmp(line, name, strlen(name))) {
            value = atoi(line + strlen(name));
            break;
        }
    }
    if (f) {
        fclose(f);
    }
    return value;
}

static struct task *find(pid_t tid)
{
    for (int i = 0; i < count; i++) {
        if (tasks[i].tid == tid) {
            return &tasks[i];
        }
    }
    if (count == 256) {
        abort();
    }
    struct task *t = &tasks[count++];
    *t = (struct task){tid, field(tid, "Tgid:") == command ? RUNTIME : CHILD, 0};
    pid_t parent = field(tid, "PPid:");
    for (int i = 0; i < count && t->role == CHILD; i++) {
        if (tasks[i].tid == parent && tasks[i].role == PAYLOAD) {
            t->role = PAYLOAD;
        }
    }
    return t;
}

static void forget(pid_t tid)
{
    for (int i = 0; i < count; i++) {
        if (tasks[i].tid == tid) {
            tasks[i] = tasks[--count];
        }
    }
}

static void after_exec(struct task *t)
{
    char path[64], exe[4096];
    snprintf(path, sizeof path, "/proc/%d/exe", t->tid);
    ssize_t n = readlink(path, exe, sizeof exe - 1);
    exe[n < 0 ? 0 : n] = 0;
    if (t->role == CHILD && !strstr(exe, "memfd:")) {
        t->role = PAYLOAD;
    }
}

static void set_return(pid_t tid, int entry, long value)
{
    struct user_regs_struct r;
    ptrace(PTRACE_GETREGS, tid, 0, &r);
    if (entry) {
        r.orig_rax = (unsigned long)value;
    } else {
        r.rax = (unsigned long)value;
    }
    ptrace(PTRACE_SETREGS, tid, 0, &r);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        return 125;
    }
    enum role role = argv[1][0] == 'r' ? RUNTIME : CHILD;
    int list = !strcmp(argv[2], "list"), kill_it = !strcmp(argv[2], "kill"), error = atoi(argv[2]);
    long wanted = atol(argv[3]), calls = 0;
    FILE *log = fopen(argv[4], "w");
    int gate[2], started = 0, status;
    if (!log || pipe(gate)) {
        return 125;
    }
    command = fork();
    if (command == 0) {
        char c;
        close(gate[1]);
        if (read(gate[0], &c, 1) == 1) {
            close(gate[0]);
            fclose(log);
            execvp(argv[5], argv + 5);
        }
        _exit(127);
    }
    /* Seized, not attached: what this program leaves behind when it ends goes on. */
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    options |= role == CHILD ? PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK : 0;
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
        if (!WIFSTOPPED(status)) {
            forget(tid);
            if (tid == command) {
                fclose(log);
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            continue;
        }
        struct task *t = find(tid);
        int signal = WSTOPSIG(status), event = status >> 16;
        if (signal == (SIGTRAP | 0x80)) {
            struct ptrace_syscall_info info;
            ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info);
            if (info.op == PTRACE_SYSCALL_INFO_ENTRY && started && t->role == role) {
                long number = (long)info.entry.nr;
                calls++;
                if (list || calls == wanted) {
                    fprintf(log, "%ld %ld\n", calls, number);
                    fflush(log);
                }
                if (calls == wanted && kill_it) {
                    kill(field(tid, "Tgid:"), SIGKILL);
                } else if (calls == wanted && error && number != SYS_exit && number != SYS_exit_group
                           && number != SYS_rt_sigreturn) {
                    set_return(tid, 1, -1);
                    t->failing = 1;
                }
            } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->failing) {
                set_return(tid, 0, -error);
                t->failing = 0;
            }
            ptrace(PTRACE_SYSCALL, tid, 0, 0);
        } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
            ptrace(PTRACE_LISTEN, tid, 0, 0);
        } else if (event) {
            if (event == PTRACE_EVENT_EXEC) {
                started = 1;
                after_exec(t);
            }
            ptrace(PTRACE_SYSCALL, tid, 0, 0);
        } else {
            ptrace(PTRACE_SYSCALL, tid, 0, signal);
        }
    }
}
