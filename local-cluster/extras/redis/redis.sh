#!/bin/sh
# Fetches Debian's redis-server, and lays it below OUT with the libraries that it loads, and nothing else.
# Runs inside the root file system (local-cluster/extras.ts starts it so), which is read-only beside /tmp and OUT.
#
#   redis.sh OUT
set -eu
out=$1
work=/tmp/redis
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/files"
fetch() {
  apt-get -q -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
}
fetch update
fetch install --download-only --no-install-recommends -y redis-server
for package in "$work"/archives/*.deb; do dpkg-deb --extract "$package" "$work/files"; done
# The libraries of the packages come before those of the root file system.
libraries="$work/files/usr/lib/x86_64-linux-gnu:$work/files/lib/x86_64-linux-gnu"
for program in redis-check-rdb redis-cli; do
  install -D -m 755 "$work/files/usr/bin/$program" "$out/usr/bin/$program"
  for library in $(LD_LIBRARY_PATH="$libraries" ldd "$work/files/usr/bin/$program" | grep -o '/[^ ]*'); do
    install -D -m 755 "$library" "$out/${library#"$work/files"}"
  done
done
# One program under two names.
ln -s redis-check-rdb "$out/usr/bin/redis-server"
