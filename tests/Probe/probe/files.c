/* Commands on files and mounts. */
#include "probe.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* stat:PATH=TYPE MODE UID GID MAJOR:MINOR SIZE NLINK INO [-> TARGET] */
void do_stat(const char *path, int follow)
{
    struct stat s;
    if (fstatat(AT_FDCWD, path, &s, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
        outcome("stat", path, -1);
        return;
    }
    char type = S_ISREG(s.st_mode) ? 'f' : S_ISDIR(s.st_mode) ? 'd' : S_ISLNK(s.st_mode) ? 'l' : S_ISCHR(s.st_mode) ? 'c'
                : S_ISBLK(s.st_mode) ? 'b'
                : S_ISFIFO(s.st_mode) ? 'p' : S_ISSOCK(s.st_mode) ? 's' : '?';
    printf("stat:");
    put_escaped(stdout, path, strlen(path));
    printf("=%c %04o %u %u %u:%u %lld %lu %lu", type, s.st_mode & 07777, s.st_uid, s.st_gid, major(s.st_rdev), minor(s.st_rdev),
           (long long)s.st_size, (unsigned long)s.st_nlink, (unsigned long)s.st_ino);
    if (type == 'l') {
        char t[4096];
        ssize_t n = readlink(path, t, sizeof t - 1);
        t[n < 0 ? 0 : n] = 0;
        printf(" -> ");
        put_escaped(stdout, t, strlen(t));
    }
    fputc('\n', stdout);
}

void do_ls(const char *path)
{
    struct dirent **list;
    int n = scandir(path, &list, NULL, alphasort);
    if (n < 0) {
        outcome("ls", path, -1);
        return;
    }
    printf("ls:%s=", path);
    for (int i = 0, first = 1; i < n; i++) {
        if (strcmp(list[i]->d_name, ".") && strcmp(list[i]->d_name, "..")) {
            printf(first ? "%s" : " %s", list[i]->d_name);
            first = 0;
        }
    }
    fputc('\n', stdout);
}

void do_open(const char *path, const char *how)
{
    int f = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    f |= !strcmp(how, "ro") ? O_RDONLY : !strcmp(how, "wo") ? O_WRONLY : !strcmp(how, "create") ? O_CREAT | O_EXCL | O_WRONLY
        : !strcmp(how, "dir") ? O_DIRECTORY : O_RDWR;
    int fd = open(path, f, 0666);
    outcome(how, path, fd);
    if (fd >= 0) {
        close(fd);
    }
}

void do_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    long rc = fd < 0 ? -1 : write(fd, text, strlen(text));
    outcome("write", path, rc);
    if (fd >= 0) {
        close(fd);
    }
}

void do_append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    long rc = fd < 0 ? -1 : write(fd, text, strlen(text));
    outcome("append", path, rc);
    if (fd >= 0) {
        close(fd);
    }
}

void do_read(const char *path, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, big, max);
    if (n < 0) {
        outcome("read", path, -1);
    } else {
        printf("read:%s=%zd ", path, n);
        for (ssize_t i = 0; i < n; i++) {
            printf("%02x", (unsigned char)big[i]);
        }
        fputc('\n', stdout);
    }
    if (fd >= 0) {
        close(fd);
    }
}

void do_xattr(const char *path, const char *name)
{
    char v[4096];
    ssize_t n = lgetxattr(path, name, v, sizeof v - 1);
    if (n < 0) {
        outcome("xattr", path, -1);
        return;
    }
    v[n] = 0;
    printf("xattr:%s=%s\n", path, v);
}

void do_statfs(const char *path)
{
    struct statfs s;
    if (statfs(path, &s) < 0) {
        outcome("statfs", path, -1);
        return;
    }
    printf("statfs:%s=type:%lx flags:%lx blocks:%llu files:%llu\n", path, (unsigned long)s.f_type, (unsigned long)s.f_flags,
           (unsigned long long)s.f_blocks * (unsigned long long)s.f_bsize, (unsigned long long)s.f_files);
}
