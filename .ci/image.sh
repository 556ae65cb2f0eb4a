#!/usr/bin/env bash
# An OCI image, localhost/pismo: see Containerfile.
. "$(dirname "$0")/env.sh"

.ci/install.sh image
# A static executable of the C library's own kind: nothing else is needed to run it, and names are resolved as everywhere.
target=$(rustc -vV | awk '$1 == "host:" { print $2 }')
RUSTFLAGS="-C target-feature=+crt-static" .ci/build.sh "$target"
rm -rf target/image
mkdir -p target/image/etc/ssl/certs target/image/data target/image/tmp
chmod 1777 target/image/tmp
cp "target/dist-$target/pismo" target/image/pismo
cp /etc/ssl/certs/ca-certificates.crt target/image/etc/ssl/certs/
echo 'hosts: files dns' >target/image/etc/nsswitch.conf
printf 'pismo:x:10001:10001::/data:/pismo\n' >target/image/etc/passwd
chown 10001:10001 target/image/data 2>/dev/null || true
# HEALTHCHECK is kept only in this format.
buildah bud --isolation chroot --storage-driver vfs --format docker --tag pismo .
buildah --storage-driver vfs images pismo
