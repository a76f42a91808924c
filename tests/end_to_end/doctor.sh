#!/usr/bin/env bash
# aviary doctor on a sound installation, and on one with something broken.
source "$(dirname "$0")/outside.sh"

mkdir empty
(cd empty && "$aviary" doctor) >out || fail "$(cat out)"
[ -z "$(ls -A empty)" ] || fail "it wrote $(ls -A empty)"
! grep -E '.{81}' out || fail "wider than 80 columns"
for line in '^aviary    ok ' '^threads   ' '^LibTorch  ' '^oneDNN    ' '^SIMD      ok ' '^memory    ok ' '^GPU       ok ' \
  '^OpenCV    ok .*JPEG, PNG, WebP and TIFF' '^plugins   ok ' '^recipes   ok .*all valid' '^runs      ok ' '^tools     ok '; do
  grep -q "$line" out || fail "no line $line: $(cat out)"
done
! grep -q broken out || fail "$(cat out)"

# What is slow is no failure, and comes with what to do.
expect 0 env ATEN_CPU_CAPABILITY=default "$aviary" doctor
expect_text out 'SIMD      slow  LibTorch uses NO AVX, since ATEN_CPU_CAPABILITY=default asks for'
expect_text out '-> unset ATEN_CPU_CAPABILITY: LibTorch then takes what the'

# A library that is no plugin.
mkdir plugins
echo text >plugins/stale.so
expect 1 "$aviary" doctor --plugin-path plugins
expect_text out 'plugin    broken  plugins/stale.so is not an ELF library'
expect_text out '                  -> rebuild it for this aviary, or take it away'
expect 1 "$aviary" doctor --plugin-path plugins --json
[ "$(wc -l <out)" -eq 1 ] || fail "$(cat out)"
expect_text out '{"sound":false,"checks":[{"name":"aviary","state":"ok","found":"'
expect_text out '{"name":"plugin","state":"broken","found":"plugins/stale.so is not an ELF library","remedy":"'
