import { NetworkPolicyV1, NetworkPolicyV1SpecEgress } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { Construct } from 'constructs';
import type { IService } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { Sidecar } from '../traffic/sidecar';
import { throwOnProblems } from '../validation';
import { cidrProblems } from './cidr-rules';

export interface EgressLockdownProps {
  readonly namespace: string;
  /** What the proxies know, as Sidecar has it. @default everything in the mesh's registry */
  readonly reaches?: readonly (IService | string)[];
  /** Blocks outside the cluster that pods may reach all the same, such as the API server's. @default none */
  readonly allowedBlocks?: readonly string[];
  /** @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/**
 * Pods of a namespace reach what the mesh knows and nothing else. The proxies refuse unknown hosts, which a process could walk around; the network
 * policy, which it cannot, keeps pods within the cluster, so that the only way out is the egress gateway. The network plugin must enforce policies.
 *
 * Proof: `curl -o /dev/null -w '%{http_code}' http://unknown.example.com` gives 502; past the proxy there is no connection.
 * @see https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/
 */
export class EgressLockdown extends Construct {
  readonly sidecar: Sidecar;
  readonly networkPolicy: NetworkPolicyV1;

  /** @throws ProblemError where a block is none */
  constructor(scope: Construct, id: string, props: EgressLockdownProps) {
    super(scope, id);
    const { namespace, allowedBlocks = [] } = props;
    throwOnProblems(`${this.node.path} cannot be created:`, cidrProblems(allowedBlocks, `${this.node.path}: allowedBlocks`));
    const mesh = props.mesh ?? meshOf(this);
    this.sidecar = new Sidecar(this, 'Sidecar', { name: 'default', namespace, mesh, reaches: props.reaches, unknownHosts: 'REGISTRY_ONLY' });
    const within: NetworkPolicyV1SpecEgress = { to: [{ namespaceSelector: {} }] };
    const outside = allowedBlocks.map((cidr) => ({ to: [{ ipBlock: { cidr } }] }));
    this.networkPolicy = new NetworkPolicyV1(this, 'NetworkPolicy', {
      metadata: { name: 'egress-lockdown', namespace },
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [within, ...outside] },
    });
  }
}
