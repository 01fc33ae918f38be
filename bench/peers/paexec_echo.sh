#!/bin/sh
# A worker for paexec: one line in, the same line and an empty one (its end-of-task mark) out.
while IFS= read -r line; do
  printf '%s\n\n' "$line"
done
