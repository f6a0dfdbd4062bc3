#!/bin/sh
# Makes the root file system that the node and most images share. Runs in mount and process namespaces of its own
# (local-cluster/rootfs.ts starts it so): nothing that it mounts is seen outside, and all of it goes when it ends.
#
#   rootfs.sh FOLDER SUITE PACKAGE...
set -eu
folder=$1 suite=$2
shift 2
mount --make-rprivate /
echo "unpacking Debian $suite"
debootstrap --variant=minbase --include=ca-certificates "$suite" "$folder"
mkdir -p "$folder/build/in" "$folder/build/out"
mount -t proc proc "$folder/proc"
mount -t tmpfs tmpfs "$folder/run"
touch "$folder/etc/resolv.conf" "$folder/etc/pip.conf"
mount --bind /etc/resolv.conf "$folder/etc/resolv.conf"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
echo "installing the node's packages"
# No service may start while packages are installed.
printf '#!/bin/sh\nexit 101\n' > "$folder/usr/sbin/policy-rc.d"
chmod 755 "$folder/usr/sbin/policy-rc.d"
chroot "$folder" apt-get update -q
chroot "$folder" apt-get install -q -y --no-install-recommends "$@"
rm "$folder/usr/sbin/policy-rc.d"
chroot "$folder" apt-get clean
rm -rf "$folder/var/lib/apt/lists"/* "$folder/usr/share/doc" "$folder/usr/share/man" "$folder/usr/share/locale" "$folder/usr/share/info"
# Where the node lays its own folders: the file system itself is read-only then.
mkdir -p "$folder/etc/kubernetes" "$folder/etc/cni/net.d" "$folder/opt/etcd" "$folder/opt/cni/bin" \
  "$folder/var/lib/containerd" "$folder/var/lib/kubelet" "$folder/var/lib/etcd" "$folder/var/lib/cni"
chroot "$folder" dpkg-query --show --showformat '${Package} ${Version}\n' > "$folder.packages"
