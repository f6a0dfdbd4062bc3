import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ICluster } from '../../constructs/cluster/cluster';
import type { IMesh } from '../../constructs/mesh/mesh';
import { CliError } from '../errors';
import type { ClusterTools } from '../tools/cluster-access';
import { gatewayUrl } from './gateway';

const CONNECT_MS = 2000;
/** A node port opens some seconds after its gateway is ready; one that is still shut after this time is out of reach. */
const OPENING_MS = 20_000;
const PAUSE_MS = 500;
const FORWARD_MS = 15_000;
const HTTP = 80;

/** The way from this machine to the mesh's ingress gateway. */
export interface Entrance {
  /** Without a trailing slash. */
  readonly url: string;
  /** Command that a person leaves running to get in; only where this machine does not reach the gateway by itself. */
  readonly forward?: string;
  close(): void;
}

type EntranceTools = Pick<ClusterTools, 'kubectl' | 'kubectlPath' | 'kubeconfig' | 'context' | 'env'>;

/**
 * Finds a way to the gateway: its own address, or a forwarded port where this machine does not reach that, as with clusters whose nodes are
 * containers on another machine's network.
 * @throws CliError where there is neither
 */
export async function openEntrance(tools: EntranceTools, cluster: ICluster, mesh: IMesh): Promise<Entrance> {
  const url = await gatewayUrl(tools, cluster, mesh).catch((error: unknown) => {
    if (mesh.ingressGateway && error instanceof CliError) {
      return undefined;
    }
    throw error;
  });
  // A name that DNS has yet to learn, or an address that a load balancer has yet to open, is for the checks to wait for.
  if (url !== undefined && (cluster.offers.loadBalancer || (await opens(new URL(url))))) {
    return { url, close: () => undefined };
  }
  return forwardPort(tools, mesh);
}

async function opens(url: URL): Promise<boolean> {
  for (const deadline = Date.now() + OPENING_MS; ; await pause(PAUSE_MS)) {
    if (await answers(url)) {
      return true;
    }
    if (Date.now() > deadline) {
      return false;
    }
  }
}

function answers(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port || HTTP), timeout: CONNECT_MS });
    const end = (reached: boolean): void => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () => end(true)).once('timeout', () => end(false)).once('error', () => end(false));
  });
}

function forwardPort(tools: EntranceTools, mesh: IMesh): Promise<Entrance> {
  const { serviceName = '', namespace = '' } = mesh.ingressGateway ?? {};
  const reach = ['--kubeconfig', tools.kubeconfig, '--context', tools.context, '-n', namespace, 'port-forward', `service/${serviceName}`];
  const child = spawn(tools.kubectlPath, [...reach, `:${HTTP}`], { env: tools.env, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill();
      reject(
        new CliError('no way from this machine to the ingress gateway', `it has no address that answers, and its port could not be forwarded: ${why}`, [
          'Forward it by other means and give the address: --url http://127.0.0.1:PORT',
        ]),
      );
    };
    const timer = setTimeout(() => fail(`kubectl said nothing within ${FORWARD_MS / 1000} s`), FORWARD_MS);
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      const port = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port) {
        clearTimeout(timer);
        resolve({
          url: `http://127.0.0.1:${port}`,
          forward: ['kubectl', ...reach, `8080:${HTTP}`].join(' '),
          close: () => child.kill(),
        });
      }
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', (error) => fail(error.message));
    child.once('exit', () => fail(said.trim()));
  });
}
