import './stacks/token-traces';
import { App } from 'cdktf';
import { ProblemError } from './constructs/validation';
import { selectEnvironments } from './environments';
import { buildEnvironment } from './stacks';

function synth(): void {
  const app = new App({ stackTraces: false });
  const context = (key: string): string | undefined => app.node.tryGetContext(key) as string | undefined;
  const selection = { environment: process.env.ENVIRONMENT || context('environment'), flavor: process.env.MESH_FLAVOR || context('mesh') };
  for (const environment of selectEnvironments(selection)) {
    buildEnvironment(app, environment);
  }
  app.synth();
}

try {
  synth();
} catch (error) {
  // What an environment or a construct found wrong says all by itself; for anything else the stack trace is what helps.
  const isSaid = error instanceof ProblemError || (error instanceof Error && error.message.startsWith('Validation failed with the following errors'));
  if (!isSaid) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
