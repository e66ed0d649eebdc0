/* The other ends of sockets: readiness, console. */
#include "probe.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

void do_connect(const char *path)
{
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strncpy(a.sun_path, path, sizeof a.sun_path - 1);
    outcome("connect", path, connect(s, (struct sockaddr *)&a, sizeof a));
    close(s);
}

void do_notify(const char *text)
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
int receive_fds(int c, int *fd, char *name, size_t size)
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

/* The engine's end of --console-socket: accepts one connection, tells what came, writes TEXT to the terminal and copies what it
 * prints. */
void do_console_server(const char *path, const char *text)
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
