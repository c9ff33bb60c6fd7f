#!/bin/sh
# Unpacks a release beside the others, and switches the site to it.
#
#     deploy.sh ARCHIVE
set -eu
site=/srv/shop

if [ "${1:?no archive}" != --locked ]; then
    # It starts itself again, under the lock.
    exec sitelock run --wait=600 --label="deploy of $1" "$site/deploy.lock" -- "$0" --locked "$1"
fi
release=releases/$(date +%Y%m%d-%H%M%S)-$$

# Left by one who was killed: under the lock nobody else can be at it.
rm -rf "$site"/releases/*.partial

mkdir -p "$site/$release.partial"
tar -xf "$2" -C "$site/$release.partial"
mv "$site/$release.partial" "$site/$release"

# A link cannot be changed in one step, but it can be replaced in one.
ln -sfn "$release" "$site/current.new"
mv -T "$site/current.new" "$site/current"
echo "$site/current is $release"
