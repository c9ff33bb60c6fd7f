# What the benchmarks share. Sourced after tools/lib.sh, with LC_ALL=C for the decimal point.

median() {
    sort -g | awk '{ value[NR] = $1 } END { printf "%.4f", (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

# print_processors: what a figure says nothing without.
print_processors() {
    echo "- $(nproc) x $(lscpu | sed -n 's/^Model name: *//p;T;q')$(lscpu | sed -n 's/^Hypervisor vendor: */, under /p'), load $(cut -d ' ' -f 1 /proc/loadavg)"
    echo "- kernel $(uname -r), PHP $("$php" -n -r 'echo PHP_VERSION, PHP_ZTS ? " ZTS" : " NTS";'), gcc $(gcc -dumpfullversion) -O2"
}

# target TITLE VALUE LIMIT UNIT: sets `missed` if it is.
target() {
    local verdict=ok
    awk -v "value=$2" -v "limit=$3" 'BEGIN { exit !(value <= limit) }' || verdict=MISSED missed=yes
    printf -- '- %s: %.2f%s %s\n' "$1" "$2" "$4" "$verdict"
}
