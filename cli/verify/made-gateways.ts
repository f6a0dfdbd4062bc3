import type { Expectation } from '../../scenarios';
import { CliError } from '../errors';
import type { GatewayAddress, VerifyHandles, VerifyTools } from './context';
import { Entrance, openEntrance } from './entrance';

/** Pods start within seconds; a load balancer of a cloud may take minutes to have its address. */
const PROGRAMMED_SECONDS = 300;
/** Label of all that istiod makes for a Gateway. */
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';

interface Served {
  readonly metadata: { readonly name: string };
}

/** The ways to gateways that istiod makes for objects of the Gateway API, in Bookinfo's namespace. */
export class MadeGateways {
  private readonly entrances = new Map<string, Promise<Entrance>>();

  constructor(
    private readonly tools: VerifyTools,
    private readonly handles: VerifyHandles,
  ) {}

  /**
   * Waits until the gateways that the expectations name have pods and an address.
   * @returns whether there was any
   * @throws CliError where one gets none
   */
  async open(expectations: readonly Expectation[]): Promise<boolean> {
    const names = new Set(expectations.flatMap((promise) => (promise.kind === 'call' && promise.gateway !== undefined ? [promise.gateway] : [])));
    await Promise.all([...names].map((name) => this.entrance(name)));
    return names.size > 0;
  }

  /** Where this machine finds a port of one of them. */
  async reach(name: string, port: number): Promise<GatewayAddress> {
    return (await this.entrance(name)).reach(port);
  }

  close(): void {
    this.entrances.forEach((entrance) => void entrance.then(({ close }) => close()).catch(() => undefined));
  }

  private entrance(name: string): Promise<Entrance> {
    const known = this.entrances.get(name) ?? this.find(name);
    this.entrances.set(name, known);
    return known;
  }

  private async find(name: string): Promise<Entrance> {
    const { cluster, bookinfo } = this.handles;
    const { namespace } = bookinfo;
    await this.programmed(name, namespace);
    const describe = `kubectl describe gateways.gateway.networking.k8s.io -n ${namespace} ${name}`;
    const { stdout } = await this.tools.kubectl(['get', 'services', '-n', namespace, '-l', `${GATEWAY_NAME}=${name}`, '-o', 'json'], { timeoutSeconds: 20 });
    const [service] = (JSON.parse(stdout) as { readonly items: readonly Served[] }).items;
    if (!service) {
      throw new CliError('no address to send requests to', `the Gateway ${namespace}/${name} has no Service`, [describe]);
    }
    // The environment's address is that of the mesh's own gateway.
    const { name: clusterName, offers } = cluster;
    return openEntrance(this.tools, { name: clusterName, offers }, { ingressGateway: { serviceName: service.metadata.name, namespace } });
  }

  private async programmed(name: string, namespace: string): Promise<void> {
    const object = `gateways.gateway.networking.k8s.io/${name}`;
    const wait = ['wait', object, '-n', namespace, '--for=condition=Programmed', `--timeout=${PROGRAMMED_SECONDS}s`];
    try {
      await this.tools.kubectl(wait, { timeoutSeconds: PROGRAMMED_SECONDS + 20 });
      // That tells of the Service; its pods may still be starting.
      const pods = ['wait', 'deployments', '-l', `${GATEWAY_NAME}=${name}`, '-n', namespace, '--for=condition=Available', `--timeout=${PROGRAMMED_SECONDS}s`];
      await this.tools.kubectl(pods, { timeoutSeconds: PROGRAMMED_SECONDS + 20 });
    } catch (error) {
      const said = '-o=jsonpath={.status.conditions[?(@.type=="Programmed")].message}';
      const { stdout } = await this.tools.kubectl(['get', object, '-n', namespace, said], { timeoutSeconds: 20 });
      throw new CliError(`the Gateway ${namespace}/${name} is not programmed after ${PROGRAMMED_SECONDS} s`, stdout || String(error), [
        `kubectl describe gateways.gateway.networking.k8s.io -n ${namespace} ${name}`,
      ]);
    }
  }
}
