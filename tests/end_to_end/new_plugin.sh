#!/usr/bin/env bash
# new_plugin.sh KIND: the project that `aviary plugins new` writes builds, and its own test passes, as written.
source "$(dirname "$0")/outside.sh"
kind=$1

expect 0 "$aviary" plugins new "$kind" my_first
! grep -rn '@' my_first/my_first.cpp my_first/CMakeLists.txt || fail "placeholders are left"
configure my_first my_first/build
build my_first/build
expect 0 ctest --test-dir my_first/build --output-on-failure
expect_text out '100% tests passed'
expect 2 "$aviary" plugins new "$kind" my_first
expect_text err 'my_first exists already'
