// How long the synth of one environment takes, as a whole process, against loading the framework and doing nothing.
// Usage: npm run build && node bench/synth.mjs [environment] [rounds]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const environment = process.argv[2] ?? 'dev';
const rounds = Number(process.argv[3] ?? 7);

const RUNS = {
  'baseline: load the framework': ['-e', "require('cdktf')"],
  [`source: ${environment}`]: ['--require', 'tsx/cjs', 'main.ts'],
  ...(existsSync(join(root, 'dist/main.js')) ? { [`compiled: ${environment}`]: ['dist/main.js'] } : {}),
};

const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));
const seconds = Object.fromEntries(Object.keys(RUNS).map((name) => [name, []]));
// One warm-up round, then the commands in turn, so that a drift of the machine's speed meets all of them.
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, args] of Object.entries(RUNS)) {
    const started = process.hrtime.bigint();
    const { status, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ENVIRONMENT: environment, CDKTF_OUTDIR: outdir },
      encoding: 'utf8',
    });
    if (status !== 0) {
      throw new Error(`${name} failed:\n${stderr}`);
    }
    if (round > 0) {
      seconds[name].push(Number(process.hrtime.bigint() - started) / 1e9);
    }
  }
}
rmSync(outdir, { recursive: true, force: true });

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const [baseline] = Object.values(seconds).map(median);
for (const [name, values] of Object.entries(seconds)) {
  console.log(`${name.padEnd(34)} median ${median(values).toFixed(3)} s   ${(median(values) / baseline).toFixed(2)} x the baseline   (${rounds} rounds)`);
}
