# Sourced by bash scripts that run others: counts TAP lines.
# shellcheck shell=bash disable=SC2034

# tap_count LOG: sets ok, not_ok and planned
tap_count() {
    ok=$(grep -cE '^[[:space:]]*ok\b' "$1" || :)
    not_ok=$(grep -cE '^[[:space:]]*not ok\b' "$1" || :)
    planned=$(awk '/^[[:space:]]*1\.\.[0-9]+/ { sub(/^[[:space:]]*1\.\./, ""); sum += $1 } END { print sum + 0 }' "$1")
}

# tap_total NAME LOG STATUS: adds to passed and failed; who did not come to the end as planned has failed once, even if each line says ok
passed=0 failed=0
tap_total() {
    tap_count "$2"
    if [ "$not_ok" = 0 ] && { [ "$3" != 0 ] || [ "$ok" = 0 ] || [ "$planned" != "$ok" ]; }; then
        echo "not ok - $1 ended early (status $3, $ok of $planned tests)"
        not_ok=1
    fi
    passed=$((passed + ok)) failed=$((failed + not_ok))
    echo "--- $1: $ok passed, $not_ok failed"
}

# The last line of a suite, and its status.
tap_verdict() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
