import { Command, Option } from 'commander';
import type { SimulateOptions } from '../simulate/run';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio simulate <environment>`: what the mesh would do with a request, without asking any cluster. */
export function simulateCommand(run: RunAction = runPlainly): Command {
  return new Command('simulate')
    .description('say what the mesh would do with a request: route, shares, faults, policies, TLS; asks no cluster')
    .argument('<environment>', 'environment to ask')
    .option('--to <service>', 'Service or host that is called')
    .option('--from <workload>', "Service or workload that calls (default: who calls it in Bookinfo; without --to, the ingress gateway's clients)")
    .option('--from-namespace <namespace>', 'a caller that the model does not have: where it runs')
    .option('--from-label <name=value>', 'a label of its pods; may be repeated', collect)
    .option('--from-service-account <name>', 'its service account (default: default)')
    .option('--no-sidecar', 'it has no sidecar')
    .option('--gateway [name]', "come in through this gateway, or the only one; of several, the mesh's ingress gateway")
    .option('--host <host>', 'Host header; without a caller and --to, come in through the gateway by it')
    .option('--path <path>', 'path with its query (default: what Bookinfo asks there)')
    .option('--method <method>', 'HTTP method (default: GET)')
    .option('--port <port>', "port that is called (default: the Service's HTTP port)")
    .option('--header <name=value>', 'header of the request; may be repeated', collect)
    .option('--user <name>', 'who is signed in at productpage, which tells those it calls')
    .option('--claim <name=value>', 'claim of a valid JSON web token, a text or JSON; may be repeated', collect)
    .option('--invalid-token', 'a token comes along that nobody signed')
    .option('--source-ip <address>', 'address of the client')
    .option('--https', 'the client speaks TLS (default: where the port does)')
    .option('--server-name <host>', 'name in the TLS handshake (default: the host)')
    .option('--client-certificate', 'the client shows a certificate')
    .addOption(new Option('--authorizer <answer>', 'what an external authoriser says (default: allow)').choices(['allow', 'deny']))
    .option('--scenario <name>', "traffic scenario (default: the environment file's)")
    .addOption(new Option('--mesh <flavor>', 'who installs Istio').choices(['helm', 'addon']))
    .option('--full', 'explain the calls that follow as fully as the first')
    .option('--json', 'print the answer as JSON, and nothing else')
    .option('--verbose', 'show stack traces of errors')
    .action((name: string, options: SimulateOptions) => run(() => lazyRun().simulateEnvironment(name, options), options));
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

// Loaded when it runs: help must not wait for the framework.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const lazyRun = () => require('../simulate/run') as typeof import('../simulate/run');
