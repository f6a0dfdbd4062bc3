import { NetworkPolicyV1, NetworkPolicyV1SpecEgress, networkPolicyV1SpecEgressToTerraform } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import type { IService } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { Sidecar } from '../traffic/sidecar';
import { formatProblem, Problem, throwOnProblems } from '../validation';
import { cidrProblems } from './cidr-rules';
import { EgressHost } from './egress-host';

/** Settings of {@link EgressLockdown}. */
export interface EgressLockdownProps {
  /** Namespace whose pods are kept in. */
  readonly namespace: string;
  /** What the proxies know, as Sidecar has it. @default everything in the mesh's registry */
  readonly reaches?: readonly (IService | string)[];
  /** Blocks outside the cluster that pods may reach all the same, on every port, such as the API server's. @default none */
  readonly allowedBlocks?: readonly string[];
  /** Mesh of the namespace. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/** Ports of a host outside that an EgressHost is called on. */
const HOST_PORTS = ['80', '443'];

/**
 * Pods of a namespace reach what the mesh knows and nothing else. The proxies refuse unknown hosts, which a process could walk around; the network
 * policy, which it cannot, keeps pods within the cluster, so that the only ways out are the egress gateway and the `addressBlocks` of an
 * {@link EgressHost}. The network plugin must enforce policies.
 *
 * Proof: `curl -o /dev/null -w '%{http_code}' http://www.example.com/` gives 502; past the proxy there is no connection.
 * @see https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/
 */
export class EgressLockdown extends Construct {
  /** What the proxies refuse. */
  readonly sidecar: Sidecar;
  /** What the network refuses. */
  readonly networkPolicy: NetworkPolicyV1;
  private readonly namespace: string;
  private readonly mesh?: IMesh;

  /** @throws ProblemError where a block is no CIDR block */
  constructor(scope: Construct, id: string, props: EgressLockdownProps) {
    super(scope, id);
    const { namespace, allowedBlocks = [] } = props;
    throwOnProblems(`${this.node.path} cannot be created:`, cidrProblems(allowedBlocks, `${this.node.path}: allowedBlocks`));
    const mesh = props.mesh ?? meshOf(this);
    this.namespace = namespace;
    this.mesh = mesh;
    this.sidecar = new Sidecar(this, 'Sidecar', { name: 'default', namespace, mesh, reaches: props.reaches, unknownHosts: 'REGISTRY_ONLY' });
    const within: NetworkPolicyV1SpecEgress = { to: [{ namespaceSelector: {} }] };
    const outside = allowedBlocks.map((cidr) => ({ to: [{ ipBlock: { cidr } }] }));
    const egress = (): unknown[] => [within, ...outside, ...this.hostRules()].map(networkPolicyV1SpecEgressToTerraform);
    this.networkPolicy = new NetworkPolicyV1(this, 'NetworkPolicy', {
      metadata: { name: 'egress-lockdown', namespace },
      // Hosts may be added later.
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: Lazy.anyValue({ produce: egress }) },
    });
    this.node.addValidation({ validate: () => this.blockedProblems().map(formatProblem) });
  }

  /** Hosts that the pods call straight. */
  private straightHosts(): EgressHost[] {
    const isOurs = ({ namespace, exportTo }: EgressHost): boolean => namespace === this.namespace || exportTo.includes(this.namespace);
    return EgressHost.all(this).filter((egress) => egress.mesh === this.mesh && !egress.throughGateway && isOurs(egress));
  }

  private hostRules(): NetworkPolicyV1SpecEgress[] {
    const ports = HOST_PORTS.map((port) => ({ port, protocol: 'TCP' }));
    return [...new Set(this.straightHosts().flatMap(({ addressBlocks }) => addressBlocks))].map((cidr) => ({ to: [{ ipBlock: { cidr } }], ports }));
  }

  /** A network policy knows no names: without blocks the proxy lets calls pass, and the network drops them. */
  private blockedProblems(): Problem[] {
    const gateway = this.mesh?.egressGateway ? 'Give `throughGateway: true`, or' : 'Give';
    return this.straightHosts()
      .filter(({ addressBlocks }) => addressBlocks.length === 0)
      .map((egress) => ({
        at: egress.node.path,
        value: egress.host,
        rule: `the network policy of ${this.node.path} keeps the pods of ${this.namespace} from it`,
        mend: `${gateway} the blocks of its addresses as \`addressBlocks\``,
      }));
  }
}
