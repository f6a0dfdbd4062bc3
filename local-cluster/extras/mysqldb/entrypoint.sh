#!/bin/sh
# What stands for MySQL's image on the local node: MariaDB, which starts from a filled copy and gives root its password.
# It takes the arguments of upstream's pod, and passes over the choice of a plugin, which is MySQL's alone.
set -eu
data=/var/lib/mysql
[ -e "$data/ibdata1" ] || cp -r /var/lib/mysql-filled/. "$data/"
[ "${1:-}" != --default-authentication-plugin ] || shift 2
case ${MYSQL_ROOT_PASSWORD:?has to be set} in
  *[\'\\]*) echo 'MYSQL_ROOT_PASSWORD: no quotes and backslashes' >&2; exit 1 ;;
esac
{
  echo "CREATE OR REPLACE USER 'root'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('$MYSQL_ROOT_PASSWORD');"
  echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
} > /tmp/root.sql
exec /usr/sbin/mariadbd --no-defaults --datadir="$data" --socket=/var/run/mysqld/mysqld.sock --pid-file=/var/run/mysqld/mysqld.pid --tmpdir=/tmp \
  --init-file=/tmp/root.sql --innodb-log-file-size=4M --innodb-data-file-path=ibdata1:4M:autoextend --innodb-undo-tablespaces=0 \
  --innodb-buffer-pool-size=16M --key-buffer-size=1M --performance-schema=OFF --skip-name-resolve "$@"
