import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Versions that the figures in docs/security-scan.md were made with. */
export const VERSIONS = { checkov: '3.3.30', 'kube-score': '1.20.0', 'kube-linter': '0.7.6' } as const;

const GO_PACKAGES = {
  'kube-score': `github.com/zegl/kube-score/cmd/kube-score@v${VERSIONS['kube-score']}`,
  'kube-linter': `golang.stackrox.io/kube-linter/cmd/kube-linter@v${VERSIONS['kube-linter']}`,
} as const;

/** Folder that the tools are installed into: outside of the project, kept between runs. */
export const TOOLS = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'aks-istio', 'scan');

/**
 * Path of checkov; installed into a virtual environment of its own first, where it is not there.
 * @throws Error where Python or the package index cannot be reached
 */
export function checkov(): string {
  const venv = path.join(TOOLS, `checkov-${VERSIONS.checkov}`);
  const program = path.join(venv, 'bin', 'checkov');
  if (!fs.existsSync(program)) {
    console.log(`Installing checkov ${VERSIONS.checkov} into ${venv}`);
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
    execFileSync(path.join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', `checkov==${VERSIONS.checkov}`], { stdio: 'inherit' });
  }
  return program;
}

/** Path of a program in Go, installed first where it is not there; else the one on PATH; nothing where there is none. */
export function goProgram(name: keyof typeof GO_PACKAGES): string | undefined {
  const program = path.join(TOOLS, 'bin', name);
  if (!fs.existsSync(program)) {
    try {
      execFileSync('go', ['install', GO_PACKAGES[name]], { env: { ...process.env, GOBIN: path.dirname(program) }, stdio: 'pipe', timeout: 600_000 });
    } catch {
      return (process.env.PATH ?? '')
        .split(path.delimiter)
        .map((folder) => path.join(folder, name))
        .find((candidate) => fs.existsSync(candidate));
    }
  }
  return program;
}
