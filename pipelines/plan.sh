#!/usr/bin/env bash
# Plans an environment into plan.json and plan.md. Exit code 0 whether it would change something or not; `changed` says which.
# usage: plan.sh ENVIRONMENT
set -euo pipefail

environment=$1
status=0
npx aks-istio plan "$environment" --json >plan.json || status=$?
# 2 says that there are changes; anything else is a failure, and its message was printed.
if [ "$status" -ne 0 ] && [ "$status" -ne 2 ]; then
  exit "$status"
fi
npx aks-istio plan-comment plan.json >plan.md
cat plan.md

changed=$([ "$status" -eq 2 ] && echo true || echo false)
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  echo "changed=$changed" >>"$GITHUB_OUTPUT"
  cat plan.md >>"$GITHUB_STEP_SUMMARY"
fi
if [ -n "${TF_BUILD:-}" ]; then
  echo "##vso[task.setvariable variable=changed]$changed"
  echo "##vso[task.uploadsummary]$PWD/plan.md"
fi
