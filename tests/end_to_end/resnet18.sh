#!/usr/bin/env bash
# resnet18 is torchvision's: its weights, through a file, give the same logits here, and a training step changes them in the same
# way. Skipped where Python has no torchvision (Debian: python3-torchvision).
source "$(dirname "$0")/outside.sh"

for python in python3 /usr/bin/python3; do
  if "$python" -c 'import torchvision' 2>/dev/null; then
    exec "$python" "$scripts/resnet18.py" "$aviary"
  fi
done
echo "skipped: python3 cannot import torchvision (apt install python3-torchvision)"
exit 77
