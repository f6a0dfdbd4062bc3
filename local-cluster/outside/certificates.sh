#!/bin/sh
# Makes the certificate of the local node's outside world, and an authority for it whose key is thrown away: it signs this once.
# Runs inside the root file system (local-cluster/outside.ts starts it so).
#
#   certificates.sh FOLDER NAME...
set -eu
folder=$1
shift
days=3650
names=
for name in "$@"; do names="$names${names:+,}DNS:$name"; done
key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
cat > /tmp/extensions <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = $names
END
# shellcheck disable=SC2086
openssl req -x509 $key -days $days -subj '/O=aks-istio/CN=Outside world of the local node' \
  -addext 'basicConstraints = critical, CA:TRUE, pathlen:0' -addext 'keyUsage = critical, keyCertSign' -keyout /tmp/authority.key -out "$folder/authority.crt"
# shellcheck disable=SC2086
openssl req -new $key -subj "/O=aks-istio/CN=$1" -keyout "$folder/server.key" -out /tmp/server.csr
openssl x509 -req -in /tmp/server.csr -CA "$folder/authority.crt" -CAkey /tmp/authority.key -CAcreateserial -CAserial /tmp/serial \
  -days $days -extfile /tmp/extensions -out "$folder/server.crt"
