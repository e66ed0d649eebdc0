/* The other end of a socket, for checks.

       agent notify PATH    a seccomp agent: answers every notified call with ENOMEDIUM
       agent silent PATH    accepts, reads and never answers (a D-Bus that hangs)
       agent close PATH     accepts, answers the first words of a D-Bus authentication and closes
       agent hugepages N    maps and touches huge pages one by one, and prints how many it got of N

   cc -static -O -o agent agent.c */
#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int notified(int client)
{
	char data[65536], control[256];
	struct iovec io = { data, sizeof data };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	int fd = -1;

	if (recvmsg(client, &m, 0) < 0)
		return perror("agent: recvmsg"), 1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof fd);
	for (;;) {
		struct seccomp_notif call;
		struct seccomp_notif_resp answer;

		memset(&call, 0, sizeof call);
		memset(&answer, 0, sizeof answer);
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &call)) {
			if (errno == EINTR)
				continue;
			return 0;
		}
		answer.id = call.id;
		answer.error = -ENOMEDIUM;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

static sigjmp_buf refused;

static void bus_error(int signal)
{
	(void)signal;
	siglongjmp(refused, 1);
}

/* A reservation that is refused fails mmap, a page that is refused raises SIGBUS. */
static int hugepages(int wanted)
{
	volatile int got = 0;

	signal(SIGBUS, bus_error);
	if (!sigsetjmp(refused, 1)) {
		for (; got < wanted; got++) {
			char *page = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

			if (page == MAP_FAILED)
				break;
			*page = 1;
		}
	}
	printf("%d\n", got);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	char buffer[4096];

	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "hugepages"))
		return hugepages(atoi(argv[2]));
	strncpy(address.sun_path, argv[2], sizeof address.sun_path - 1);
	if (bind(listener, (void *)&address, sizeof address) || listen(listener, 8))
		return perror("agent"), 1;
	for (;;) {
		int client = accept(listener, NULL, NULL);

		if (client < 0)
			return perror("agent: accept"), 1;
		if (!strcmp(argv[1], "notify"))
			return notified(client);
		if (!strcmp(argv[1], "silent")) {
			while (read(client, buffer, sizeof buffer) > 0)
				;
		} else if (read(client, buffer, sizeof buffer) > 0) {
			if (write(client, "OK 0123456789abcdef0123456789abcdef\r\n", 37) < 0)
				perror("agent: write");
		}
		close(client);
	}
}
