// Compiles the program into dist/ and copies beside it what is not TypeScript.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ASSETS = ['constructs/kubernetes/objects-chart', 'constructs/validation', 'local-cluster'];

rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.build.json`], { stdio: 'inherit' });
for (const asset of ASSETS) {
  cpSync(`${root}${asset}`, `${root}dist/${asset}`, { recursive: true, filter: (source) => !source.endsWith('.ts') });
}
