/* Programs on a new terminal. */
#include "probe.h"
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Runs a program on a new terminal of ROWSxCOLS, TEXT typed into it after "ready" appears (or at once if it holds no such word),
 * output on stdout. */
int do_pty(const char *size, const char *text, char **argv)
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

/* Talks to a program on a new terminal, one word of SCRIPT a line: "expect TEXT" (within 20 s, from what matched before on; its
 * end must come as soon), "send TEXT", "size ROWSxCOLS", "kill SIGNAL", "nap MS" (reads nothing meanwhile), "hangup" (closes the
 * terminal), "piped" (at the start: the output is a pipe, not the terminal), "background" (at the start: not the terminal's
 * foreground job), "foreground". Then tells how the program ended ("code"), how many bytes it wrote ("bytes") and x's of them
 * ("xs"), the last 60 ("tail"), its CPU time in ms ("cpu"), what it used during naps ("napcpu"), and whether the terminal's
 * settings are as they were ("restored"). */
int do_talk(char *script, char **argv)
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
