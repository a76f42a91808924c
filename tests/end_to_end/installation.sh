#!/usr/bin/env bash
# installation.sh BUILD CMAKE: installs into an empty prefix and moves it, so that all later tests run where nothing was built.
source "$(dirname "$0")/outside.sh"
build=$1 cmake=$2

rm -rf "$prefix"
expect 0 "$cmake" --install "$build" --prefix "$PWD/first"
mv first "$prefix"

for file in bin/aviary lib/libaviary.so lib/libaviary.so.0 lib/aviary/plugins/sgd.so include/aviary/plugin.hpp \
  share/aviary/recipes/demo/fashion-mnist.toml share/aviary/templates/common/CMakeLists.txt lib/cmake/aviary/aviaryConfig.cmake \
  share/man/man1/aviary.1 share/bash-completion/completions/aviary share/zsh/site-functions/_aviary \
  share/fish/vendor_completions.d/aviary.fish; do
  [ -e "$prefix/$file" ] || fail "not installed: $file"
done
[ -z "$(find "$prefix" -type l -lname '/*')" ] || fail "absolute links: $(find "$prefix" -type l -lname '/*')"

# Texts must not lead back to the source or the build; debug information may.
if grep -rIlF -e "$AVIARY_TEST_SOURCE/" -e "$build/" "$prefix" >found; then fail "paths of this machine in $(cat found)"; fi
for binary in "$prefix"/bin/aviary "$prefix"/lib/libaviary.so "$prefix"/lib/aviary/plugins/*.so; do
  if readelf -d "$binary" | grep -E 'R(UN)?PATH' | grep -F -e "$build" -e "$AVIARY_TEST_SOURCE"; then fail "run path of $binary"; fi
done
expect 0 ldd "$aviary"
expect_text out "$prefix/bin/../lib/libaviary.so.0"

expect 0 "$aviary" plugins list --load
[ ! -s err ] || fail "$(cat err)"
for name in wide_resnet sgd step horizontal_flip; do expect_text out "$name"; done
! grep -q refused out || fail "$(cat out)"
expect 0 "$aviary" recipe check "$prefix/share/aviary/recipes"
