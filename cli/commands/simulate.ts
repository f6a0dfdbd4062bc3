import { Command, Option } from 'commander';
import { ENVIRONMENT, examples, meshOption } from '../options';
import type { SimulateOptions } from '../simulate/run';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio simulate <environment>`: what the mesh would do with a request, without asking any cluster. */
export function simulateCommand(run: RunAction = runPlainly): Command {
  return new Command('simulate')
    .description('predict what the mesh does with a request: route, shares, faults, policies, TLS; needs no cluster')
    .argument('<environment>', ENVIRONMENT)
    .option('--to <service>', 'Service or host to call')
    .option('--from <workload>', "calling Service or workload (default: the one that calls it in Bookinfo; without --to, a client outside of the mesh)")
    .option('--from-namespace <namespace>', 'a caller that the model does not have: the namespace it runs in')
    .option('--from-label <name=value>', 'a label of its pods; may be repeated', collect)
    .option('--from-service-account <name>', 'its service account (default: default)')
    .option('--no-sidecar', 'it has no sidecar')
    .option('--gateway [name]', "enter through this Gateway; without a name, through the only one, or the mesh's ingress gateway")
    .option('--host <host>', 'Host header; without a caller and --to, the request enters through the Gateway of this host')
    .option('--path <path>', 'path, with its query (default: the one that Bookinfo calls)')
    .option('--method <method>', 'HTTP method (default: GET)')
    .option('--port <port>', "port to call (default: the Service's HTTP port)")
    .option('--header <name=value>', 'request header; may be repeated', collect)
    .option('--user <name>', 'user signed in at productpage, which passes the name on')
    .option('--claim <name=value>', 'claim of a valid JSON Web Token, as text or JSON; may be repeated', collect)
    .option('--invalid-token', 'the request carries a token that nobody signed')
    .option('--source-ip <address>', 'IP address of the client')
    .option('--https', 'the client uses TLS (default: if the port does)')
    .option('--server-name <host>', 'server name (SNI) in the TLS handshake (default: the host)')
    .option('--client-certificate', 'the client presents a certificate')
    .addOption(new Option('--authorizer <answer>', 'what an external authorizer answers (default: allow)').choices(['allow', 'deny']))
    .option('--scenario <name>', "traffic scenario (default: the environment file's)")
    .addOption(meshOption())
    .option('--full', 'explain the calls that follow as fully as the first')
    .option('--json', 'print the answer as JSON, and nothing else')
    .addHelpText('after', examples('simulate local', 'simulate local --to reviews --scenario jason-v2 --header end-user=jason', 'simulate dev --host bookinfo.example.com --path /productpage'))
    .action((name: string, options: SimulateOptions) => run(() => lazyRun().simulateEnvironment(name, options), options));
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

// Loaded when it runs: help must not wait for the framework.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const lazyRun = () => require('../simulate/run') as typeof import('../simulate/run');
