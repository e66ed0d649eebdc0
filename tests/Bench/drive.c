/* Times commands of several runtimes side by side: round after round, one runtime after the other, so that
   whatever else the machine does meets all of them alike. Prints one line per runtime:

       NAME MEDIAN-MICROSECONDS MINIMUM MAXIMUM ROUNDS PEAK-RSS-KIB

   drive [-n ROUNDS] [-w WARM-UP-ROUNDS] [-c] [-r] <SCRIPT

   -c  drop the page cache, dentries and inodes before every round (cold)
   -r  print every round's time too, for a look at growth: lines "# NAME ROUND MICROSECONDS"

   SCRIPT, one directive a line, words split at blanks, "%" replaced by the round's number, "@" by the number of
   a parallel command:

       runtime NAME        the lines that follow belong to NAME
       before CMD...       run before each round, not timed
       time CMD...         timed; several lines are timed as one
       times N CMD...      timed: N at once, "@" counts from 0
       after CMD...        run after each round, not timed

   A timed or "before" command that fails ends the run with status 1 and its standard error; "after" may fail. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RUNTIMES = 8, MAX_LINES = 32, MAX_WORDS = 64, MAX_PARALLEL = 256 };

enum kind { BEFORE, TIME, AFTER };

struct line {
	enum kind kind;
	int parallel;
	char *words[MAX_WORDS];
};

struct runtime {
	char *name;
	struct line lines[MAX_LINES];
	int count;
	double *times;
	long peak;
};

static struct runtime runtimes[MAX_RUNTIMES];
static int runtime_count;
static int error_file;
static posix_spawn_file_actions_t actions;
extern char **environ;

static void die(const char *what)
{
	fprintf(stderr, "drive: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void bad(const char *what)
{
	fprintf(stderr, "drive: %s\n", what);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* The word with the round and the parallel command's number put in; static room for one command. */
static char *expand(const char *word, int round, int index)
{
	static char room[1 << 16];
	static size_t used;
	char *start;

	if (!word) {
		used = 0;
		return NULL;
	}
	start = room + used;
	for (; *word; word++) {
		if (used + 16 > sizeof room)
			bad("command too long");
		if (*word == '%')
			used += sprintf(room + used, "%d", round);
		else if (*word == '@')
			used += sprintf(room + used, "%d", index);
		else
			room[used++] = *word;
	}
	room[used++] = 0;
	return start;
}

static void read_script(void)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&text, &size, stdin)) > 0) {
		char *save, *word = strtok_r(text, " \t\n", &save);
		struct runtime *r = &runtimes[runtime_count - 1];
		struct line *l;
		int n = 0;

		if (!word || *word == '#')
			continue;
		if (!strcmp(word, "runtime")) {
			if (runtime_count == MAX_RUNTIMES)
				bad("too many runtimes");
			runtimes[runtime_count++].name = strdup(strtok_r(NULL, " \t\n", &save));
			continue;
		}
		if (!runtime_count || r->count == MAX_LINES)
			bad("no runtime yet, or too many lines");
		l = &r->lines[r->count++];
		l->parallel = 1;
		if (!strcmp(word, "before"))
			l->kind = BEFORE;
		else if (!strcmp(word, "after"))
			l->kind = AFTER;
		else
			l->kind = TIME;
		if (!strcmp(word, "times"))
			l->parallel = atoi(strtok_r(NULL, " \t\n", &save));
		if (l->parallel < 1 || l->parallel > MAX_PARALLEL)
			bad("bad number of parallel commands");
		while ((word = strtok_r(NULL, " \t\n", &save))) {
			if (n == MAX_WORDS - 1)
				bad("too many words");
			l->words[n++] = strdup(word);
		}
	}
	free(text);
}

static void show_errors(void)
{
	char buffer[4096];
	ssize_t n = pread(error_file, buffer, sizeof buffer, 0);

	if (n > 0)
		fwrite(buffer, 1, n, stderr);
}

/* Runs one line to its end and notes the peak resident set of what it started. */
static void run_line(struct runtime *r, struct line *l, int round)
{
	pid_t pids[MAX_PARALLEL];
	int i, j;

	for (i = 0; i < l->parallel; i++) {
		char *argv[MAX_WORDS];

		expand(NULL, 0, 0);
		for (j = 0; l->words[j]; j++)
			argv[j] = expand(l->words[j], round, i);
		argv[j] = NULL;
		errno = posix_spawnp(&pids[i], argv[0], &actions, NULL, argv, environ);
		if (errno)
			die(argv[0]);
	}
	for (i = 0; i < l->parallel; i++) {
		struct rusage usage;
		int status;

		if (wait4(pids[i], &status, 0, &usage) < 0)
			die("wait4");
		if (l->kind == TIME && usage.ru_maxrss > r->peak)
			r->peak = usage.ru_maxrss;
		if (status && l->kind != AFTER) {
			fprintf(stderr, "drive: %s round %d failed (status 0x%x):", r->name, round, status);
			for (j = 0; l->words[j]; j++)
				fprintf(stderr, " %s", l->words[j]);
			fputc('\n', stderr);
			show_errors();
			exit(1);
		}
	}
}

static void run_kind(struct runtime *r, enum kind kind, int round)
{
	int i;

	for (i = 0; i < r->count; i++)
		if (r->lines[i].kind == kind)
			run_line(r, &r->lines[i], round);
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	sync();
	if (fd < 0 || write(fd, "3", 1) != 1)
		die("/proc/sys/vm/drop_caches");
	close(fd);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	int rounds = 20, warm = 3, cold = 0, raw = 0, option, i, k;

	while ((option = getopt(argc, argv, "n:w:cr")) > 0) {
		switch (option) {
		case 'n': rounds = atoi(optarg); break;
		case 'w': warm = atoi(optarg); break;
		case 'c': cold = 1; break;
		case 'r': raw = 1; break;
		default: return 2;
		}
	}
	error_file = open("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	if (error_file < 0)
		die("/tmp");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, error_file, 2);
	read_script();
	for (k = 0; k < runtime_count; k++)
		if (!(runtimes[k].times = calloc(rounds, sizeof(double))))
			die("calloc");

	for (i = -warm; i < rounds; i++) {
		for (k = 0; k < runtime_count; k++) {
			/* another one goes first each round: being first after the others' clean-up costs something */
			struct runtime *r = &runtimes[(k + i + warm) % runtime_count];
			double start;

			if (ftruncate(error_file, 0))
				die("ftruncate");
			run_kind(r, BEFORE, i + warm);
			if (cold)
				drop_caches();
			start = now();
			run_kind(r, TIME, i + warm);
			if (i >= 0)
				r->times[i] = now() - start;
			run_kind(r, AFTER, i + warm);
		}
	}
	for (k = 0; k < runtime_count; k++) {
		struct runtime *r = &runtimes[k];
		double median;

		for (i = 0; raw && i < rounds; i++)
			printf("# %s %d %.0f\n", r->name, i, r->times[i]);
		qsort(r->times, rounds, sizeof(double), compare);
		median = rounds % 2 ? r->times[rounds / 2] : (r->times[rounds / 2 - 1] + r->times[rounds / 2]) / 2;
		printf("%s %.0f %.0f %.0f %d %ld\n", r->name, median, r->times[0], r->times[rounds - 1], rounds, r->peak);
	}
	return 0;
}
