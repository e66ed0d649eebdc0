/* System calls by number, under filters, and the agent that is asked about them. */
#include "probe.h"
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

void do_syscall(int argc, char **a)
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
void do_int80(long nr)
{
    long rc;
    fflush(stdout);
    __asm__ volatile("int $0x80" : "=a"(rc) : "a"(nr), "b"(0), "c"(0), "d"(0) : "memory", "r8", "r9", "r10", "r11");
    printf("int80:%ld=%s\n", nr, (int)rc < 0 ? err_name(-(int)rc) : "ok");
}

void do_x32(long nr)
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

void do_trapped(long nr)
{
    struct sigaction sa = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &sa, NULL);
    long rc = syscall(nr, 0, 0, 0, 0, 0, 0);
    printf("trapped:%ld=%s\n", nr, rc < 0 ? err_name(errno) : "ok");
}

/* A child makes a call that a filter may TRACE, under a tracer that tells the event's message and lets the call go on as
 * getppid(2). */
void do_traced(long nr)
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
void do_interrupted(long nr, long milliseconds)
{
    struct sigaction sa = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &sa, NULL);
    struct itimerval t = {.it_value = {milliseconds / 1000, milliseconds % 1000 * 1000}};
    setitimer(ITIMER_REAL, &t, NULL);
    long rc = syscall(nr, 0, 0, 0, 0, 0, 0);
    printf("interrupted:%ld=%s\n", nr, rc < 0 ? err_name(errno) : "ok");
}

/* A seccomp agent: takes CONNECTIONS listeners at PATH, tells what came with each, and answers one notification of each after
 * DELAY ms with ERRNO, or lets the call go on when that is 0. */
void do_agent(const char *path, int connections, int error, int delay)
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
