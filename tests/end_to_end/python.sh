#!/usr/bin/env bash
# Files of weights go to PyTorch and come back. Skipped where Python has no PyTorch (Debian: python3-torch).
source "$(dirname "$0")/outside.sh"

# Another python3 may come before Debian's.
for python in python3 /usr/bin/python3; do
  if "$python" -c 'import torch' 2>/dev/null; then
    exec "$python" "$scripts/python.py" "$aviary"
  fi
done
echo "skipped: python3 cannot import torch (apt install python3-torch)"
exit 77
