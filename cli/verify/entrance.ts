import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CliError } from '../errors';
import type { ClusterTools } from '../tools/cluster-access';
import type { GatewayAddress } from './context';
import { gatewayAddress, GatewayCluster, GatewayMesh, gatewayUrl } from './gateway';

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
  /** Where this machine finds another port of the gateway. */
  reach(port: number): Promise<GatewayAddress>;
  close(): void;
}

type EntranceTools = Pick<ClusterTools, 'kubectl' | 'kubectlPath' | 'kubeconfig' | 'context' | 'env'>;

/**
 * Finds a way to the gateway: its own address, or a forwarded port where this machine does not reach that, as with clusters whose nodes are
 * containers on another machine's network.
 * @throws CliError where there is neither
 */
export async function openEntrance(tools: EntranceTools, cluster: GatewayCluster, mesh: GatewayMesh): Promise<Entrance> {
  const url = await gatewayUrl(tools, cluster, mesh).catch((error: unknown) => {
    if (mesh.ingressGateway && error instanceof CliError) {
      return undefined;
    }
    throw error;
  });
  // A name that DNS has yet to learn, or an address that a load balancer has yet to open, is for the checks to wait for.
  if (url !== undefined && (cluster.offers.loadBalancer || (await opens(new URL(url))))) {
    return { url, reach: (port) => gatewayAddress(tools, cluster, mesh, port), close: () => undefined };
  }
  return forwarded(tools, mesh);
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

/** What --url says: other ports are looked for on the same host. */
export function givenEntrance(url: string): Entrance {
  const { hostname, port } = new URL(url);
  const reach = (wanted: number): Promise<GatewayAddress> =>
    Promise.resolve({ host: hostname, port: wanted === HTTP && port ? Number(port) : wanted });
  return { url, reach, close: () => undefined };
}

async function forwarded(tools: EntranceTools, mesh: GatewayMesh): Promise<Entrance> {
  const http = await forwardPort(tools, mesh, HTTP);
  const forwards = new Map([[HTTP, Promise.resolve(http)]]);
  return {
    url: `http://127.0.0.1:${http.port}`,
    forward: http.command,
    async reach(port) {
      const known = forwards.get(port) ?? forwardPort(tools, mesh, port);
      forwards.set(port, known);
      return { host: '127.0.0.1', port: (await known).port };
    },
    close: () => forwards.forEach((forward) => void forward.then(({ close }) => close()).catch(() => undefined)),
  };
}

interface Forward {
  readonly port: number;
  readonly command: string;
  close(): void;
}

function forwardPort(tools: EntranceTools, mesh: GatewayMesh, wanted: number): Promise<Forward> {
  const { serviceName = '', namespace = '' } = mesh.ingressGateway ?? {};
  const reach = ['--kubeconfig', tools.kubeconfig, '--context', tools.context, '-n', namespace, 'port-forward', `service/${serviceName}`];
  const child = spawn(tools.kubectlPath, [...reach, `:${wanted}`], { env: tools.env, stdio: ['ignore', 'pipe', 'pipe'] });
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
          port: Number(port),
          command: ['kubectl', ...reach, `8080:${wanted}`].join(' '),
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
