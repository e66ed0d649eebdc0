# What an xunit program prints with -reporter verbose, as TAP. For busybox's awk: mawk would keep what it reads until it has 4 KiB.
function name(line) { sub(/^ +/, "", line); sub(/ \[(STARTING|FINISHED|FAIL|SKIP|WARNING)\].*$/, "", line); return line }
/ \[FAIL\]/ { failed[name($0)] = 1 }
/ \[SKIP\]/ { failed[name($0)] = 1 }
/ \[FINISHED\]/ {
    one = name($0); ended++
    took = $0; sub(/^.*Time: /, "", took)
    if (one in failed) bad++
    print (one in failed ? "not ok " : "ok ") ended " - " one " (" took ")"
    fflush()
    next
}
/Total: [0-9]+, Errors:/ { total = $0; sub(/^.*Total: /, "", total); sub(/,.*/, "", total); errors = $0; sub(/^.*Errors: /, "", errors); sub(/,.*/, "", errors) }
!/ \[STARTING\]/ { print "# " $0 }
END { print "1.." total + errors; exit bad > 0 || errors > 0 || total + 0 == 0 }
