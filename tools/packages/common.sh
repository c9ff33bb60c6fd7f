# What the proofs in a chroot share. Sourced by bash scripts that have set -eu.

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
log=/tmp/log

# check PROMISE COMMAND...: what it prints is shown if it fails.
check() {
    local promise=$1
    shift
    if "$@" >"$log" 2>&1; then
        echo "ok ${0##*/}: $promise"
    else
        echo "NOT OK ${0##*/}: $promise"
        tail -n 40 "$log"
    fi
}

not() {
    ! "$@"
}

install() {
    apt-get install -y "$@" >"$log" 2>&1 || { tail -n 20 "$log"; exit 1; }
}

is_loaded() {
    php -m | grep -x sitelock
}

# backs_up FOLDER: the example there saves a site, and brings it back when it is lost.
backs_up() {
    mkdir -p /srv/site/files /srv/backups
    echo text >/srv/site/files/page
    sqlite3 /srv/site/database.sqlite "CREATE TABLE posts (title TEXT); INSERT INTO posts VALUES ('first');"
    php "$1/backup.php" /srv/site /srv/backups && rm -r /srv/site/files /srv/site/database.sqlite &&
        php "$1/restore.php" /srv/site /srv/backups && grep -x text /srv/site/files/page &&
        sqlite3 /srv/site/database.sqlite 'SELECT title FROM posts' | grep -x first
}
