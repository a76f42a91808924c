#!/usr/bin/env bash
# resnet18 is torchvision's: its weights, through a file, give the same logits here, and a training step changes them in the same
# way. Skipped where Python has no torchvision (Debian: python3-torchvision).
source "$(dirname "$0")/outside.sh"

find_python torchvision python3-torchvision
exec "$python" "$scripts/resnet18.py" "$aviary"
