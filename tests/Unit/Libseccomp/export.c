/* Lets the tests ask libseccomp. Reads lines from standard input:
 *   default ACTION | arch NAME | rule ACTION NAME COUNT [INDEX OP A B]... | number ARCH NAME
 * Writes the filter as raw struct sock_filter[] to standard output, and to standard error a line for each rule that libseccomp
 * refuses ("refused LINE RC") and for each number asked ("number ARCH NAME NR"). Numbers are decimal; OP is enum scmp_compare. */
#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t arch_token(const char *name)
{
    uint32_t token = seccomp_arch_resolve_name(name);
    if (!token) {
        fprintf(stderr, "unknown-arch %s\n", name);
        exit(2);
    }
    return token;
}

static void add_rule(scmp_filter_ctx ctx, char *text, int line)
{
    char *save = NULL;
    uint32_t action = strtoul(strtok_r(text, " ", &save), NULL, 10);
    const char *name = strtok_r(NULL, " ", &save);
    unsigned count = strtoul(strtok_r(NULL, " ", &save), NULL, 10);
    struct scmp_arg_cmp args[6];
    memset(args, 0, sizeof args);
    for (unsigned i = 0; i < count && i < 6; i++) {
        args[i].arg = strtoul(strtok_r(NULL, " ", &save), NULL, 10);
        args[i].op = strtoul(strtok_r(NULL, " ", &save), NULL, 10);
        args[i].datum_a = strtoull(strtok_r(NULL, " ", &save), NULL, 10);
        args[i].datum_b = strtoull(strtok_r(NULL, " ", &save), NULL, 10);
    }
    int rc = seccomp_rule_add_array(ctx, action, seccomp_syscall_resolve_name(name), count, args);
    if (rc)
        fprintf(stderr, "refused %d %d\n", line, rc);
}

int main(void)
{
    scmp_filter_ctx ctx = NULL;
    char text[4096];
    for (int line = 0; fgets(text, sizeof text, stdin); line++) {
        text[strcspn(text, "\n")] = 0;
        if (!strncmp(text, "default ", 8)) {
            ctx = seccomp_init(strtoul(text + 8, NULL, 10));
        } else if (!strncmp(text, "arch ", 5)) {
            int rc = seccomp_arch_add(ctx, arch_token(text + 5));
            if (rc && rc != -EEXIST)
                fprintf(stderr, "arch %s %d\n", text + 5, rc);
        } else if (!strncmp(text, "rule ", 5)) {
            add_rule(ctx, text + 5, line);
        } else if (!strncmp(text, "number ", 7)) {
            char *name = strchr(text + 7, ' ');
            *name++ = 0;
            fprintf(stderr, "number %s %s %d\n", text + 7, name, seccomp_syscall_resolve_name_arch(arch_token(text + 7), name));
        }
    }
    return ctx ? -seccomp_export_bpf(ctx, STDOUT_FILENO) : 0;
}
