/* entered - the functions that a program and its clones enter, in the order of their first time.
 *
 *   entered FUNCTIONS OUTPUT PROGRAM [ARG...]
 *
 * FUNCTIONS: hexadecimal addresses of functions, one a line, of a static executable that is not PIE. Each gets a breakpoint,
 * which goes when it is met. OUTPUT: the same, those that were met. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long *functions;
static unsigned char *bytes, *seen;
static size_t count;
static FILE *output;

static void die(const char *what) { perror(what); exit(2); }

static int memory(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) die(path);
    return fd;
}

static size_t find(unsigned long address) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (functions[middle] < address) low = middle + 1; else high = middle;
    }
    return low < count && functions[low] == address ? low : count;
}

/* 1: the trap was one of ours. */
static int met(pid_t pid) {
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs)) return 0;
    size_t i = find(regs.rip - 1);
    if (i == count) return 0;
    if (!seen[i]) { seen[i] = 1; fprintf(output, "%lx\n", functions[i]); }
    int fd = memory(pid);
    if (pwrite(fd, &bytes[i], 1, (off_t)functions[i]) != 1) die("pwrite");
    close(fd);
    regs.rip--;
    ptrace(PTRACE_SETREGS, pid, 0, &regs);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 4) { fprintf(stderr, "usage: entered FUNCTIONS OUTPUT PROGRAM [ARG...]\n"); return 2; }
    FILE *in = fopen(argv[1], "r");
    if (!in) die(argv[1]);
    unsigned long a;
    while (fscanf(in, "%lx", &a) == 1) {
        functions = realloc(functions, (count + 1) * sizeof *functions);
        if (count == 0 || a > functions[count - 1]) functions[count++] = a;
    }
    bytes = calloc(count, 1);
    seen = calloc(count, 1);
    output = fopen(argv[2], "we");
    if (!output) die(argv[2]);

    pid_t first = fork();
    if (first == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execv(argv[3], argv + 3);
        die(argv[3]);
    }
    int status, result = 0;
    waitpid(first, &status, 0);
    ptrace(PTRACE_SETOPTIONS, first, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
           | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
    int fd = memory(first);
    for (size_t i = 0; i < count; i++) {
        unsigned char trap = 0xcc;
        if (pread(fd, &bytes[i], 1, (off_t)functions[i]) != 1
            || pwrite(fd, &trap, 1, (off_t)functions[i]) != 1) die("breakpoint");
    }
    close(fd);
    ptrace(PTRACE_CONT, first, 0, 0);
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (!WIFSTOPPED(status)) {
            if (pid == first) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        int signal = WSTOPSIG(status);
        if (signal == SIGTRAP && status >> 16 == PTRACE_EVENT_EXEC) {
            /* another program: no breakpoints of ours in it */
            ptrace(PTRACE_DETACH, pid, 0, 0);
            continue;
        }
        if (status >> 16 || signal == SIGSTOP || (signal == SIGTRAP && met(pid))) signal = 0;
        ptrace(PTRACE_CONT, pid, 0, signal);
    }
    fclose(output);
    return result;
}
