#!/usr/bin/env bash
# What a plugin may not do is found when it is built: include the host's headers, call what nobody defines.
source "$(dirname "$0")/outside.sh"

configure "$scripts/refused" build
expect 2 cmake --build build --target host_header
expect_text err 'recipe/recipe.hpp: No such file or directory'
expect 2 cmake --build build --target undefined_symbol
expect_text err "undefined reference to \`nowhere_defined()'"
