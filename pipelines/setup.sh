#!/usr/bin/env bash
# Installs what a pipeline needs beside Node.js and the Azure CLI: this package's dependencies, Terraform, kubectl and kubelogin.
# The same for GitHub Actions and Azure DevOps. Versions are exact; Terraform is checked against the digest that HashiCorp publishes.
set -euo pipefail

terraform_version=1.11.4
terraform_sha256=1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc
kubectl_version=1.35.4
kubelogin_version=v0.2.13

tools=${TOOLS_DIRECTORY:-${RUNNER_TEMP:-${AGENT_TEMPDIRECTORY:-/tmp}}/aks-istio-tools}
mkdir -p "$tools"

# Install scripts stay off: a job that may log in to Azure must not run code of its dependencies for the asking.
npm ci --ignore-scripts --no-audit --no-fund

archive=$tools/terraform.zip
curl --fail --silent --show-error --location --retry 3 --output "$archive" \
  "https://releases.hashicorp.com/terraform/$terraform_version/terraform_${terraform_version}_linux_amd64.zip"
echo "$terraform_sha256  $archive" | sha256sum --check --quiet
unzip -o -q "$archive" terraform -d "$tools"
rm "$archive"

az aks install-cli --only-show-errors \
  --client-version "$kubectl_version" --install-location "$tools/kubectl" \
  --kubelogin-version "$kubelogin_version" --kubelogin-install-location "$tools/kubelogin"

# Later steps find the tools: GitHub reads a file, Azure DevOps the output.
if [ -n "${GITHUB_PATH:-}" ]; then
  echo "$tools" >>"$GITHUB_PATH"
fi
if [ -n "${TF_BUILD:-}" ]; then
  echo "##vso[task.prependpath]$tools"
fi
