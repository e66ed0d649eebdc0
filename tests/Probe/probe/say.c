/* How the probe prints: a line "key=value" each. */
#include "probe.h"

char big[1 << 20];

void put_escaped(FILE *f, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '\n') {
            fputs("\\n", f);
        } else if (c == '\\') {
            fputs("\\\\", f);
        } else if (c == 0) {
            fputs("\\0", f);
        } else {
            fputc(c, f);
        }
    }
}

void put(const char *key, const char *value)
{
    fputs(key, stdout);
    fputc('=', stdout);
    put_escaped(stdout, value, strlen(value));
    fputc('\n', stdout);
}

void put_num(const char *key, long long v)
{
    printf("%s=%lld\n", key, v);
}

const char *err_name(int e)
{
    const char *n = e == 0 ? "0" : strerrorname_np(e);
    return n ? n : "E?";
}

/* Prints "verb:object=0" or the errno's name. */
void outcome(const char *verb, const char *object, long rc)
{
    int e = rc < 0 ? errno : 0;
    printf("%s:", verb);
    put_escaped(stdout, object, strlen(object));
    printf("=%s\n", err_name(e));
}

ssize_t slurp(const char *path, char *buf, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    size_t n = 0;
    ssize_t r;
    while (n < cap - 1 && (r = read(fd, buf + n, cap - 1 - n)) > 0) {
        n += (size_t)r;
    }
    int e = errno;
    close(fd);
    errno = e;
    buf[n] = 0;
    return (ssize_t)n;
}

void put_file(const char *key, const char *path)
{
    ssize_t n = slurp(path, big, sizeof big);
    if (n < 0) {
        printf("%s=!%s\n", key, err_name(errno));
        return;
    }
    while (n > 0 && big[n - 1] == '\n') {
        n--;
    }
    printf("%s=", key);
    put_escaped(stdout, big, (size_t)n);
    fputc('\n', stdout);
}
