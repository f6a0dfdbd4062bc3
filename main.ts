import './stacks/token-traces';
import { App } from 'cdktf';
import { selectEnvironments } from './environments';
import { buildEnvironment } from './stacks';

const app = new App({ stackTraces: false });
const context = (key: string): string | undefined => app.node.tryGetContext(key) as string | undefined;

for (const environment of selectEnvironments({
  environment: process.env.ENVIRONMENT || context('environment'),
  flavor: process.env.MESH_FLAVOR || context('mesh'),
})) {
  buildEnvironment(app, environment);
}
app.synth();
