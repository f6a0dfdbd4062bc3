import type { ICluster } from '../../constructs/cluster/cluster';
import type { IBookinfo } from '../../constructs/bookinfo/services';
import type { IMesh } from '../../constructs/mesh/mesh';
import type { Expectation } from '../../scenarios';
import type { ClusterTools } from '../tools/cluster-access';
import type { OutsidePod } from './outside-pod';
import { hasLabels, listPods, MeshPod, readyPod } from './pods';
import type { CallOrigin } from './mesh-call';
import type { Outcome } from './result';

/** The programs that a verification calls. */
export type VerifyTools = Pick<ClusterTools, 'kubectl' | 'kubectlPath' | 'kubeconfig' | 'context' | 'env' | 'istioctl' | 'hasIstioctl'>;

/** What the layers of the environment under test say about themselves. */
export interface VerifyHandles {
  readonly cluster: ICluster;
  readonly mesh: IMesh;
  readonly bookinfo: IBookinfo;
}

/** Where a client outside the cluster finds a port of the gateway. */
export interface GatewayAddress {
  readonly host: string;
  readonly port: number;
}

/** What every check works with. */
export interface VerifyContext extends VerifyHandles {
  readonly tools: VerifyTools;
  readonly url: string;
  /** What `{external}` stands for. */
  readonly externalHost: string;
  readonly expectations: readonly Expectation[];
  /** Whether the page is loaded whatever else is promised. @default true */
  readonly publicPage?: boolean;
  readonly signal?: AbortSignal;
  /**
   * Host and port that lead to a port of the gateway.
   * @param gateway a Gateway of the Gateway API in Bookinfo's namespace. @default the mesh's ingress gateway
   */
  gatewayAddress(port: number, gateway?: string): Promise<GatewayAddress>;
  /** The pod outside the mesh, started once. */
  outsidePod(): Promise<OutsidePod>;
}

/** One expectation and the requests that test it. */
export interface Check {
  readonly name: string;
  readonly expectation: string;
  /** The requests that an attempt sends, in words. */
  readonly sent: string;
  /**
   * When it runs: with the others, `alone` as other requests would spoil what it counts, or `late` as what a change just took away would still
   * pass: proxies finish their old connections by the old rules.
   * @default 'early'
   */
  readonly phase?: 'early' | 'alone' | 'late';
  /** Sends the requests anew and judges what comes back. */
  attempt(): Promise<Outcome>;
}

/** The pods of Bookinfo as they are now. */
export function bookinfoPods(context: VerifyContext): Promise<MeshPod[]> {
  return listPods(context.tools, context.bookinfo.namespace);
}

/** What the images of Bookinfo have; that of reviews is not asked to call. */
const RUNTIMES: Readonly<Partial<Record<string, CallOrigin['runtime']>>> = { productpage: 'python', ratings: 'node', details: 'ruby' };

/**
 * The container to call from so that a request carries the identity of one of Bookinfo's services.
 * @throws Error where no pod of it is ready
 */
export function originOf(context: VerifyContext, pods: readonly MeshPod[], service: keyof Omit<IBookinfo, 'namespace'>): CallOrigin {
  const pod = readyPod(pods, context.bookinfo[service].labels);
  if (!pod) {
    throw new Error(`no pod of ${service} is ready in namespace ${context.bookinfo.namespace}`);
  }
  return { namespace: pod.namespace, pod: pod.name, container: service, runtime: RUNTIMES[service] };
}

/** Version of each pod of reviews, by pod name. */
export function reviewsVersions(context: VerifyContext, pods: readonly MeshPod[]): Map<string, string> {
  const { reviews } = context.bookinfo;
  return new Map(
    reviews.versions.flatMap((version) =>
      pods
        .filter((pod) => hasLabels(pod, { ...reviews.labels, ...version.labels }))
        .map((pod): [string, string] => [pod.name, version.name]),
    ),
  );
}

/** URL of one of Bookinfo's services inside its namespace. */
export function serviceUrl(context: VerifyContext, service: keyof Omit<IBookinfo, 'namespace'>): string {
  return `http://${service}:${context.bookinfo[service].ports[0].port}/${service}/0`;
}

/** The headers of the requests that an expectation is about; `end-user` is what productpage sends for who is signed in. */
export function headersOf({ user, headers }: Pick<Expectation, 'user' | 'headers'>): Record<string, string> {
  return { ...headers, ...(user === undefined ? {} : { 'end-user': user }) };
}

/** Characters of a header that are shown. */
const LONG = 100;

/** The headers in words, empty where there are none. */
export function describeHeaders(expectation: Pick<Expectation, 'user' | 'headers'>): string {
  const headers = Object.entries(headersOf(expectation));
  return headers.length === 0 ? '' : ` (${headers.map(([name, value]) => `${name}: ${shorten(value)}`).join(', ')})`;
}

/** A token in words: nobody reads it, and tables break over it. */
function shorten(value: string): string {
  return value.length > LONG ? `${value.slice(0, LONG / 4)}...${value.slice(-LONG / 10)}` : value;
}
