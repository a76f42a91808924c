#!/usr/bin/env bash
# Files of weights go to PyTorch and come back. Skipped where Python has no PyTorch (Debian: python3-torch).
source "$(dirname "$0")/outside.sh"

find_python torch python3-torch
exec "$python" "$scripts/python.py" "$aviary"
