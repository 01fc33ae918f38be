#!/bin/sh
# printf '%s\n' one two | spread run --wire lines -- sh examples/square/upper.sh
while IFS= read -r line; do
    printf '%s\n' "$line" | tr '[:lower:]' '[:upper:]'
done
