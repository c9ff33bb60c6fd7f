# What the tests of the recipes share. They run in the machine that tools/test-recipes boots. Sourced by
# bash scripts that have set -eu.

# Where the work that a recipe starts says that it is there, and is told to go on (tools/recipes/work).
rm -rf /run/test
mkdir /run/test
mkfifo /run/test/started /run/test/go_on
chmod 777 /run/test /run/test/*
exec 8<>/run/test/started 9<>/run/test/go_on

recipes=/opt/sitelock/examples/recipes
log=/run/test/log
: >$log

# check PROMISE COMMAND...
check() {
    local promise=$1
    shift
    if "$@"; then
        echo "ok $promise"
    else
        echo "NOT OK $promise"
        cat $log
    fi
}
# status COMMAND...: sets $status; what it prints is in the log.
status() {
    status=0
    : >$log
    "$@" >>$log 2>&1 || status=$?
}
# wait_for COMMAND...: half a minute at most.
wait_for() {
    local deadline=$((SECONDS + 30))
    until "$@"; do
        [ $SECONDS -lt $deadline ] || { echo "NOT OK waited in vain for $*"; cat $log; exit 1; }
        sleep 0.05
    done
}
# Sets $work to the pid of the work that starts now.
work_starts() {
    read -r -t 30 work <&8 || { echo "NOT OK the work does not start"; cat $log; exit 1; }
}
no_work_starts() {
    ! read -r -t 0.2 work <&8
}
work_goes_on() {
    echo >&9
}
as_shop() {
    runuser -u shop -- "$@"
}
is_gone() {
    [ ! -e "/proc/$1" ]
}
# kill_9 PID, or -PID for all processes of its group.
kill_9() {
    kill -KILL -- "$1"
    wait "${1#-}" 2>/dev/null || true # if it is ours, so that the shell need not tell
}
group_of() {
    ps -o pgid= -p "$1" | tr -d ' '
}
