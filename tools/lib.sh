# What the tools share. Sourced by bash scripts that have set -eu.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What is built or downloaded once and kept between runs: other PHPs, chroots.
cache=${SITELOCK_CACHE:-/var/cache/sitelock}

say() {
    printf '\n== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# install PACKAGE...: Debian packages, quietly when they are there already.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || die "missing packages, install them as root: apt-get install ${missing[*]}"
    echo "installing ${missing[*]}"
    local log
    log=$(mktemp)
    apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; die "apt-get could not install ${missing[*]}"; }
    rm "$log"
}

# copy_sources DIRECTORY: the tree as git would commit it, without what builds left behind.
copy_sources() {
    mkdir -p "$1"
    if [ ! -e "$root/.git" ]; then # an archive of a release
        tar -C "$root" -c . | tar -C "$1" -x
        return
    fi
    # The checkout may belong to another user than root, who runs this.
    git -c safe.directory="$root" -C "$root" ls-files -z --cached --others --exclude-standard |
        (cd "$root" && while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done) |
        tar -C "$root" --null -T - -c | tar -C "$1" -x
}

# build_extension SOURCES [CONFIGURE OPTION...]: in place, quietly; the log is kept beside it.
build_extension() {
    local sources=$1
    shift
    (
        cd "$sources"
        { "${PHPIZE:-phpize}" && ./configure --with-php-config="${PHP_CONFIG:-php-config}" "$@" && make -j"$(nproc)"; } \
            >build.log 2>&1 || { tail -n 20 build.log >&2; die "the build failed in $sources"; }
    )
}

# show_failed_phpt LOG: which tests of run-tests did not pass, or only when tried again, and why.
show_failed_phpt() {
    grep -aoE '(FAIL|SKIP|LEAK|WARN|BORK).*\.phpt\].*' "$1" | sort -u || true
    grep -aoE '\[[^[]*\.phpt\] \(warn: .*\)' "$1" | sort -u || true
    grep -a -A 30 '^========DIFF' "$1" | head -n 120 || true
}

# php_of_chroot VERSION@CHROOT EXTENSION...: the words that start the PHP of another Debian, with the libraries
# of that one and those extensions, as far as they are not built in. What it starts are programs of this one.
php_of_chroot() {
    local version=${1%%@*} chroot=${1#*@} libraries extensions loader name
    shift
    libraries=$(ls -d "$chroot"/usr/lib/*-linux-gnu)
    extensions=$(ls -d "$chroot"/usr/lib/php/20*)
    loader=$(find "$libraries" -type f \( -name 'ld-linux*.so*' -o -name 'ld-2*.so' \))
    printf '%s' "$loader --library-path $libraries $chroot/usr/bin/php$version -n -d extension_dir=$extensions"
    for name in "$@"; do
        [ ! -e "$extensions/$name.so" ] || printf ' %s' "-d extension=$name"
    done
}

# count_junit FILE: how many tests passed, and how many did not; a skipped one has failed.
count_junit() {
    local tests bad=0 name
    count() {
        sed -n "s/.*<testsuite [^>]* $1=\"\([0-9]*\)\".*/\1/p;T;q" "$2" # of the outermost suite
    }
    [ -s "$1" ] || { echo 0 1; return; }
    tests=$(count tests "$1")
    for name in errors failures skipped; do
        bad=$((bad + $(count "$name" "$1")))
    done
    echo $((tests - bad)) "$bad"
}

# composer_kept FOLDER: there is what composer installs for the composer.json on standard input, made once.
composer_kept() {
    [ ! -e "$1/vendor/autoload.php" ] || return 0
    mkdir -p "$1.$$"
    cat >"$1.$$/composer.json"
    COMPOSER_ALLOW_SUPERUSER=1 composer --working-dir="$1.$$" --no-interaction --quiet update ||
        { rm -rf "$1.$$"; die "composer could not install what $1 is to have"; }
    rm -rf "$1"
    mv -T "$1.$$" "$1"
}

# close_tests NAME MARK PASSED FAILED: says the closing line. A process that still runs and has the mark in its
# words has failed, too.
close_tests() {
    local failed=$4 left
    left=$(ps -e -o pid=,args= | grep -F "$2" | grep -v grep || true)
    if [ -n "$left" ]; then
        echo "left behind: $left"
        failed=$((failed + 1))
    fi
    echo "$1: $3 passed, $failed failed"
    [ "$failed" = 0 ]
}
