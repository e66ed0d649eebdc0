# Sourced by scripts of any POSIX shell, busybox's too: tests as TAP lines. n counts them, bad those that failed.
# shellcheck shell=sh disable=SC2034
n=0 bad=0

ok() { n=$((n + 1)); printf 'ok %s - %s\n' "$n" "$*"; }
no() { n=$((n + 1)); bad=$((bad + 1)); printf 'not ok %s - %s\n' "$n" "$*"; }

# is TEXT COMMAND...: passes when the command does
is() { tap_text=$1; shift; if "$@" >/dev/null 2>&1; then ok "$tap_text"; else no "$tap_text"; fi; }

# same TEXT WANTED GOT
same() { if [ "$2" = "$3" ]; then ok "$1: $3"; else no "$1: wanted '$2', got '$3'"; fi; }

# matches TEXT PATTERN GOT: an extended regular expression over the whole, line ends as blanks. grep counts, so that it reads to the end.
matches() {
    tap_got=$(printf '%s\n' "$3" | tr '\n\r' '  ')
    if [ "$(printf '%s\n' "$tap_got" | grep -cE -- "$2")" != 0 ]; then ok "$1: $(printf '%.160s' "$tap_got")"
    else no "$1: wanted /$2/, got '$(printf '%.1000s' "$tap_got")'"; fi
}

# between TEXT LOW HIGH GOT
between() { if [ -n "$4" ] && [ "$4" -ge "$2" ] && [ "$4" -le "$3" ]; then ok "$1: $4"; else no "$1: wanted $2..$3, got '$4'"; fi; }

# until_true COMMAND...: until the command succeeds. A minute is no measure of anything: it only ends what would hang.
until_true() {
    tap_end=$(($(date +%s) + 60))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$tap_end" ] || return 1
        sleep 0.1
    done
}

# until_same WANTED COMMAND...: until the command prints that
until_same() {
    tap_wanted=$1; shift
    tap_prints() { [ "$("$@" 2>/dev/null)" = "$tap_wanted" ]; }
    until_true tap_prints "$@"
}

# The plan, which tells that the script came to its end, and the verdict.
finish_tap() {
    echo "1..$n"
    echo "# $1: $((n - bad)) passed, $bad failed"
    [ "$bad" = 0 ]
}
