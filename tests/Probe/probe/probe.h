/* What the files of the probe share. Each command is a function do_NAME in the file of its topic; main.c has the words that call
 * it. */
#ifndef PROBE_H
#define PROBE_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* say.c */
extern char big[1 << 20];
void put_escaped(FILE *f, const char *s, size_t n);
void put(const char *key, const char *value);
void put_num(const char *key, long long v);
const char *err_name(int e);
void outcome(const char *verb, const char *object, long rc);
ssize_t slurp(const char *path, char *buf, size_t cap);
void put_file(const char *key, const char *path);

/* report.c */
void report_status(void);
void report_open_fds(void);
void report_namespaces(void);
void report_ids(void);
extern int saved_argc;
extern char **saved_argv;
void report(void);
void do_keyring(const char *name, long serial);

/* files.c */
void do_stat(const char *path, int follow);
void do_ls(const char *path);
void do_open(const char *path, const char *how);
void do_write(const char *path, const char *text);
void do_append(const char *path, const char *text);
void do_read(const char *path, size_t max);
void do_xattr(const char *path, const char *name);
void do_statfs(const char *path);

/* processes.c */
void do_waitsig(double seconds);
void do_sleep(double seconds);
void do_orphans(int n);
void do_fork(int n, double seconds);
void do_uninterruptible(int n, double seconds);
void do_alloc(size_t mib);
void do_spin(double seconds);
void do_echo(void);
void do_emit(long long bytes);
void do_pids(void);
void do_hook(const char *file, const char *label);

/* seccomp.c */
void do_syscall(int argc, char **a);
void do_int80(long nr);
void do_x32(long nr);
void do_trapped(long nr);
void do_traced(long nr);
void do_interrupted(long nr, long milliseconds);
void do_agent(const char *path, int connections, int error, int delay);

/* sockets.c */
void do_connect(const char *path);
void do_notify(const char *text);
int receive_fds(int c, int *fd, char *name, size_t size);
void do_console_server(const char *path, const char *text);

/* terminal.c */
int do_pty(const char *size, const char *text, char **argv);
int do_talk(char *script, char **argv);

/* attack.c */
void do_attack_exe(const char *needle);
void do_attack_processes(int seconds, const char *marker);
void do_own_mount(const char *type, const char *directory);
void do_exchange(const char *one, const char *other);
void do_bare_proc(int milliseconds, int count, char **directories);

#endif
