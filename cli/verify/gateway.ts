import type { ICluster } from '../../constructs/cluster/cluster';
import type { MeshGateway } from '../../constructs/mesh/mesh';
import { CliError } from '../errors';
import type { ClusterTools } from '../tools/cluster-access';
import { kubectlJson } from '../tools/cluster-access';
import type { GatewayAddress } from './context';

/** What productpage is asked for. */
const PAGE = '/productpage';
const HTTP = 80;
/** Longer than a page takes whose reviews never come: productpage waits 3 s, twice. */
const PAGE_TIMEOUT_MS = 15_000;

/** What has to be known of a cluster and a mesh to find a gateway. */
export type GatewayCluster = Omit<ICluster, 'access'> & Partial<Pick<ICluster, 'access'>>;
export interface GatewayMesh {
  readonly ingressGateway?: Pick<MeshGateway, 'serviceName' | 'namespace'>;
}

interface GatewayService {
  readonly spec: { readonly type: string; readonly ports: readonly { readonly port: number; readonly nodePort?: number }[] };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } };
}

interface NodeList {
  readonly items: readonly { readonly status: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] } }[];
}

/**
 * Address of the mesh's ingress gateway for HTTP as a client outside the cluster sees it, without a trailing slash: the environment's host name,
 * else the address of its load balancer, else a node and its port.
 * @throws CliError where there is none
 */
export async function gatewayUrl(tools: Pick<ClusterTools, 'kubectl'>, cluster: GatewayCluster, mesh: GatewayMesh): Promise<string> {
  const { host, port } = await gatewayAddress(tools, cluster, mesh, HTTP);
  return `http://${host}${port === HTTP ? '' : `:${port}`}`;
}

/**
 * Where a client outside the cluster finds a port of the mesh's ingress gateway.
 * @throws CliError where it finds none
 */
export async function gatewayAddress(
  tools: Pick<ClusterTools, 'kubectl'>,
  cluster: GatewayCluster,
  mesh: GatewayMesh,
  wanted: number,
): Promise<GatewayAddress> {
  if (cluster.ingressAddress) {
    return { host: cluster.ingressAddress.hostName, port: wanted };
  }
  const gateway = mesh.ingressGateway;
  if (!gateway) {
    throw new CliError('no address to send requests to', `the mesh of cluster ${cluster.name} has no ingress gateway`, ['Give one: --url http://HOST:PORT']);
  }
  const service = await kubectlJson<GatewayService>(tools, ['get', 'service', gateway.serviceName, '-n', gateway.namespace], { timeoutSeconds: 20 });
  const ingress = service.status?.loadBalancer?.ingress?.[0];
  const address = ingress?.hostname ?? ingress?.ip;
  if (address) {
    return { host: address, port: wanted };
  }
  const nodePort = service.spec.ports.find(({ port }) => port === wanted)?.nodePort;
  const nodes = await kubectlJson<NodeList>(tools, ['get', 'nodes'], { timeoutSeconds: 20 });
  const addresses = nodes.items.flatMap(({ status }) => status.addresses ?? []);
  const node = addresses.find(({ type }) => type === 'ExternalIP') ?? addresses.find(({ type }) => type === 'InternalIP');
  if (nodePort === undefined || !node) {
    throw new CliError(
      'no address to send requests to',
      `Service ${gateway.namespace}/${gateway.serviceName} (${service.spec.type}) has neither a load balancer's address nor a node port for port ${wanted}`,
      ['Wait for the address and try again, or forward a port and give it: --url http://127.0.0.1:PORT'],
    );
  }
  return { host: node.address, port: nodePort };
}

/** An answer to a browser. */
export interface PageAnswer {
  readonly status: number;
  readonly html: string;
}

/** A browser of few virtues: one cookie, no redirects. */
export class Visitor {
  private cookie?: string;

  constructor(
    private readonly url: string,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Signs in as a person would, through the gateway.
   * @throws Error where no session came back
   */
  async signIn(user: string): Promise<void> {
    const response = await this.fetch('/login', {
      method: 'POST',
      // productpage sends the visitor back to where the form was.
      headers: { 'content-type': 'application/x-www-form-urlencoded', referer: `${this.url}${PAGE}` },
      body: new URLSearchParams({ username: user, passwd: '' }).toString(),
    });
    const cookie = response.headers.getSetCookie().find((candidate) => candidate.startsWith('session='));
    await response.arrayBuffer();
    if (!cookie) {
      throw new Error(`POST /login answered ${response.status} without a session cookie`);
    }
    this.cookie = cookie.split(';')[0];
  }

  async productPage(): Promise<PageAnswer> {
    const response = await this.fetch(PAGE, {});
    return { status: response.status, html: await response.text() };
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const timeout = AbortSignal.timeout(PAGE_TIMEOUT_MS);
    const headers = { ...(init.headers as Record<string, string> | undefined), ...(this.cookie ? { cookie: this.cookie } : {}) };
    try {
      return await fetch(`${this.url}${path}`, { ...init, headers, redirect: 'manual', signal: this.signal ? AbortSignal.any([this.signal, timeout]) : timeout });
    } catch (error) {
      if (timeout.aborted) {
        throw new Error(`no answer within ${PAGE_TIMEOUT_MS / 1000} s`, { cause: error });
      }
      throw new Error(causeOf(error), { cause: error });
    }
  }
}

/** `fetch failed` tells nothing; its cause does. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) {
    return String((cause.errors[0] as Error).message);
  }
  return cause instanceof Error ? cause.message : String(cause);
}
