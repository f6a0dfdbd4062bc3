import { beginLog, clusterOptions } from './command';
import { runTrials } from './runner';
import { trialsOf } from './trials';

/** Why the local cluster cannot be tried here; nothing where it can. */
function obstacles(): string[] {
  return [
    ...(process.platform === 'linux' ? [] : [`this is ${process.platform}: the local cluster needs Linux`]),
    ...(process.getuid?.() === 0 ? [] : ['this is not root: the local cluster needs namespaces and a network link of its own']),
  ];
}

async function main(): Promise<number> {
  const ownCluster = clusterOptions().length === 0;
  const missing = ownCluster ? obstacles() : [];
  if (missing.length > 0) {
    process.stderr.write(`${missing.join('\n')}\nTo use another cluster, for example of kind: E2E_KUBECONFIG=FILE E2E_CONTEXT=NAME npm run test:e2e\n`);
    return 1;
  }
  // Words on the command line choose among the trials; those chosen have to find what they build on.
  const words = process.argv.slice(2);
  const trials = trialsOf({ ownCluster }).filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  process.stdout.write(`All that the commands print is in ${beginLog()}\n`);
  return trials.length === 0 || (await runTrials(trials)) > 0 ? 1 : 0;
}

void main().then((code) => {
  process.exitCode = code;
});
