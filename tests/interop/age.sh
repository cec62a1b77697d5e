#!/bin/bash
# Stands in for age 1.3, which Debian lacks: passphrases to Debian's own age, keys to npm's age-encryption.
case "$*" in
    "-d -i "*) exec node "$(dirname "$(readlink -f "$0")")/age_d.mjs" "$3" ;;
    *) exec /usr/bin/age "$@" ;;
esac
