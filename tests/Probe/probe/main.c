/* The payload of the integration tests: one static program that tells what a process sees.
 *
 *   probe CMD ARG... [-- CMD ARG...]...
 *
 * Each command prints "key=value" lines; \ and newline in values are escaped as \\ and \n. Commands that try something print 0 or
 * the errno's name. The exit status is 0, or what `exit N` says. An unknown command prints to stderr and exits with 99.
 */
#include "probe.h"
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

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
    } else if (IS("own-mount", 2)) {
        do_own_mount(a[1], a[2]);
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
    } else if (IS("orphans", 1)) {
        do_orphans(atoi(a[1]));
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
    } else if (IS("keyring", 2)) {
        do_keyring(a[1], atol(a[2]));
    } else if (IS("exchange", 2)) {
        do_exchange(a[1], a[2]);
    } else if (IS("bare-proc", 2)) {
        do_bare_proc(atoi(a[1]), argc - 2, a + 2);
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
