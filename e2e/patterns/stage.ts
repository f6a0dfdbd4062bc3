import { TerraformStack, Testing, App } from 'cdktf';
import { parseStack } from '../../cli/engine/stack-file';
import { kubeconfigCluster } from '../../constructs/cluster';
import { ClusterProviders } from '../../constructs/kubernetes/providers';
import { existingService, IService } from '../../constructs/kubernetes/service';
import { existingMesh, IMesh, provideMesh } from '../../constructs/mesh';
import type { AnyObject } from '../../constructs/model';
import { Cluster, ClusterAccess, until, WireAnswer } from '../simulator/cluster';
import { must } from '../runner';
import { ReceivedAnswer, Sender, SentRequest } from './sender';
import { BACKEND_PORT, FAR, GATEWAY_LABELS, NAMESPACE, WEB_PORTS } from './workloads';

/** A pattern, and the requests that prove it. */
export interface Proof {
  readonly name: string;
  /** Begins before the pods of the others are ready, and waits for its own. @default false */
  readonly isLong?: boolean;
  /** What has to be there before its objects are. @default nothing */
  prepare?(stage: Stage): Promise<void>;
  /** Uses the construct, as anybody would. */
  build(stack: TerraformStack, mesh: IMesh): void;
  /**
   * Sends the requests.
   * @returns what was observed, in a line
   */
  prove(stage: Stage): Promise<string>;
}

/** The Service of the pods that are asked; each pattern for inbound requests has a port of its own. */
export const WEB = existingService({
  name: 'web',
  namespace: NAMESPACE,
  serviceAccountName: 'web',
  ports: Object.values(WEB_PORTS).map((port) => ({ name: `http-${port}`, port })),
});

/** A Service of the pods that answer in three versions: one a pattern, as routes and limits belong to a host. */
export function backend(name: string): IService {
  return existingService({
    name,
    namespace: NAMESPACE,
    labels: { app: 'backend' },
    serviceAccountName: 'backend',
    ports: [{ name: 'http', port: BACKEND_PORT }],
    versions: ['v1', 'v2', 'v3'],
  });
}

/** The mesh as it was installed, with an ingress gateway of the suite's own. */
export const MESH = existingMesh({
  version: '1.29.1',
  ingressGateway: { selector: GATEWAY_LABELS, namespace: NAMESPACE, serviceName: 'gateway', serviceAccountName: 'gateway', ports: [80, 443] },
  egressGateway: { selector: { istio: 'egress' }, namespace: 'istio-egress', serviceName: 'istio-egress', serviceAccountName: 'istio-egress', ports: [80, 443] },
});

/** The objects that Terraform would make of a proof's constructs, checked as a synth checks them. */
export function objectsOf({ name, build }: Pick<Proof, 'name' | 'build'>): AnyObject[] {
  const stack = new TerraformStack(new App({ stackTraces: false }), 'patterns');
  new ClusterProviders(stack, 'Providers', { cluster: kubeconfigCluster({ path: '~/.kube/config', context: 'any' }) });
  provideMesh(stack, MESH);
  build(stack, MESH);
  const { objects, unreadable } = parseStack('patterns', '.', JSON.parse(Testing.synth(stack, true)) as object);
  must(unreadable.length === 0, `${name}: ${unreadable.join(', ')}`);
  return objects.map(({ object }) => object as unknown as AnyObject);
}

/** Where the proofs are made. */
export class Stage {
  readonly cluster: Cluster;
  private readonly client: Sender;
  private readonly outside: Sender;
  private readonly far: Sender;

  constructor(access: ClusterAccess) {
    this.cluster = new Cluster(access);
    this.client = new Sender(access, NAMESPACE, 'deploy/client');
    this.outside = new Sender(access, NAMESPACE, 'deploy/outside');
    this.far = new Sender(access, FAR, 'deploy/client');
  }

  /** Sends requests from the pod with a sidecar, eight at a time. */
  send(requests: readonly SentRequest[]): Promise<ReceivedAnswer[]> {
    return this.client.send(requests);
  }

  /** Sends a request from the pod outside the mesh. */
  async sendFromOutside(request: SentRequest): Promise<ReceivedAnswer> {
    const [answer] = await this.sendAllFromOutside([request]);
    return answer as ReceivedAnswer;
  }

  /** Sends requests from the pod outside the mesh, eight at a time. */
  sendAllFromOutside(requests: readonly SentRequest[]): Promise<ReceivedAnswer[]> {
    return this.outside.send(requests);
  }

  /** Sends requests from the pod of the second namespace. */
  sendFromFar(requests: readonly SentRequest[]): Promise<ReceivedAnswer[]> {
    return this.far.send(requests);
  }

  close(): void {
    this.client.close();
    this.outside.close();
    this.far.close();
  }

  /** Sends the same request several times. */
  many(count: number, request: SentRequest): Promise<WireAnswer[]> {
    return this.send(Array.from({ length: count }, () => request));
  }

  /**
   * Asks until an answer is as wanted.
   * @throws Error where it does not become so within 40 s
   */
  async once(what: string, request: SentRequest, isWanted: (answer: WireAnswer) => boolean): Promise<WireAnswer> {
    let answer: WireAnswer | undefined;
    try {
      await until(what, 40, async () => {
        [answer] = await this.send([request]);
        return isWanted(answer!);
      });
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}; the last answer was ${JSON.stringify(answer)}`);
    }
    return answer as WireAnswer;
  }

  /** Runs a command in a container. */
  exec(workload: string, container: string, command: readonly string[], input = ''): Promise<string> {
    return this.cluster.kubectl(['exec', '-i', '-n', NAMESPACE, workload, '-c', container, '--', ...command], input);
  }
}

/** A GET of a Service of the suite. */
export function get(service: string, port: number, path: string, headers: Readonly<Record<string, string>> = {}): SentRequest {
  return { dial: service, port, method: 'GET', path, headers: { host: `${service}:${port}`, ...headers } };
}

/** How many answers had each status, as `200 x 3, 429 x 2`. */
export function tally(answers: readonly WireAnswer[]): string {
  const counts = new Map<string, number>();
  for (const { status, error } of answers) {
    const key = String(status ?? error);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort().map(([key, count]) => `${key} x ${count}`).join(', ');
}

/** What a pod of the suite says of itself and of the request. */
export interface Echo {
  readonly version: string;
  readonly pod: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whose certificate the client showed, where TLS was ended by the pod itself. */
  readonly client?: string;
  /** It was late on purpose. */
  readonly dawdled?: boolean;
}

/** @throws Error where the answer is not from a pod of the suite */
export function echo(answer: WireAnswer): Echo {
  must(answer.status === 200, `expected 200, got ${answer.status ?? answer.error}: ${answer.body.slice(0, 100)}`);
  return JSON.parse(answer.body) as Echo;
}
