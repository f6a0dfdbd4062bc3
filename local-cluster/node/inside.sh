#!/bin/sh
# Runs a command inside the root file system with the machine's name service, certificates and pip settings.
# Runs in mount and process namespaces of its own, like rootfs.sh.
#
#   inside.sh ROOT IN OUT COMMAND...     IN is seen as /build/in (read-only), OUT as /build/out
set -eu
root=$1 in=$2 out=$3
shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount --bind "$in" "$root/build/in"
mount --bind "$out" "$root/build/out"
mount -o remount,bind,ro "$root"
mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
bundle=/etc/ssl/certs/ca-certificates.crt
if [ -e "$bundle" ]; then mount --bind "$bundle" "$root$bundle"; fi
if [ -e /etc/pip.conf ]; then mount --bind /etc/pip.conf "$root/etc/pip.conf"; fi
exec chroot "$root" "$@"
