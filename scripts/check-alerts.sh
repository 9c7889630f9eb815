#!/usr/bin/env bash
# Checks the Prometheus configuration and the alert rules with promtool, and runs the rules' own tests. Where promtool is
# missing it is taken out of Debian's package, which is only unpacked: no server is installed or started.
# Without promtool nothing is checked; that is said aloud and is no failure.
set -euo pipefail
cd "$(dirname "$0")/../deploy/prometheus"

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT

unpack_promtool() (
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return
  cd "$unpacked"
  # The lists may be missing or old; only root can read them anew.
  if [ "$(id -u)" = 0 ]; then apt-get update -qq || true; fi
  # As root, apt would hand the download to a user who may not write here, and complain.
  apt-get download -qq -o APT::Sandbox::User= prometheus && dpkg-deb --extract prometheus_*.deb .
) >&2 </dev/null

promtool=$(command -v promtool || true)
if [ -z "$promtool" ] && unpack_promtool; then promtool="$unpacked/usr/bin/promtool"; fi
if [ -z "$promtool" ]; then
  echo "promtool is missing and could not be fetched: the Prometheus configuration and the alerts are NOT checked." >&2
  exit 0
fi

"$promtool" --version 2>&1 | head -n 1
"$promtool" check config prometheus.yml
"$promtool" test rules alerts.test.yml
