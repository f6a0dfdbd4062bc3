#!/bin/sh
# Fetches Debian's MariaDB, fills a database with Bookinfo's two ratings, and lays both below OUT with the libraries that they need.
# Runs inside the root file system (local-cluster/extras.ts starts it so), which is read-only beside /tmp and OUT.
#
#   mysqldb.sh OUT
set -eu
out=$1
work=/tmp/mysqldb
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/files"
fetch() {
  apt-get -q -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
}
fetch update
fetch install --download-only --no-install-recommends -y mariadb-server-core
for package in "$work"/archives/*.deb; do dpkg-deb --extract "$package" "$work/files"; done
files=$work/files
libraries="$files/usr/lib/x86_64-linux-gnu:$files/lib/x86_64-linux-gnu"
export LD_LIBRARY_PATH="$libraries"

echo 'filling a database'
data=$work/data
mkdir "$data"
small='--no-defaults --innodb-log-file-size=4M --innodb-data-file-path=ibdata1:4M:autoextend --innodb-undo-tablespaces=0'
{
  printf 'CREATE DATABASE mysql;\nUSE mysql;\n'
  for script in mysql_system_tables mysql_system_tables_data; do cat "$files/usr/share/mysql/$script.sql"; done
  cat /build/in/ratings.sql
} > "$work/bootstrap.sql"
# shellcheck disable=SC2086
"$files/usr/sbin/mariadbd" $small --bootstrap --user=root --datadir="$data" --lc-messages-dir="$files/usr/share/mysql" \
  --character-sets-dir="$files/usr/share/mysql/charsets" --tmpdir=/tmp < "$work/bootstrap.sql"

place() {
  install -D -m 755 "$1" "$out$2"
  for library in $(ldd "$1" | grep -o '/[^ ]*'); do install -D -m 755 "$library" "$out/${library#"$files"}"; done
}
place "$files/usr/sbin/mariadbd" /usr/sbin/mariadbd
place /bin/sh /bin/sh
place /bin/cp /bin/cp
mkdir -p "$out/usr/share/mysql" "$out/var/lib/mysql" "$out/var/run/mysqld" "$out/tmp" "$out/etc"
cp -r "$files/usr/share/mysql/english" "$files/usr/share/mysql/charsets" "$out/usr/share/mysql/"
cp -r "$data" "$out/var/lib/mysql-filled"
chmod -R a+rX "$out/var/lib/mysql-filled"
install -D -m 755 /build/in/entrypoint.sh "$out/usr/local/bin/entrypoint.sh"
echo 'mysql:x:999:999::/nonexistent:/bin/false' > "$out/etc/passwd"
