import { NetworkPolicyV1, NetworkPolicyV1SpecIngress } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { IMesh } from '../mesh/mesh';
import { BOOKINFO_PORT } from './services';

/** Ports of a sidecar where metrics are read: all of a pod merged, and Envoy's own. */
const METRICS = ['15020', '15090'];

/** Label of the namespaces that a verification makes for a moment, to see the proxies refuse what comes without mutual TLS. */
const VERIFY_LABEL = 'aks-istio/verify';

/** Label of the pods that Istio makes for a Gateway of the Gateway API. */
const GATEWAY_LABEL = 'gateway.networking.k8s.io/gateway-name';

/** Addresses of the machine under a pod, and of the cloud's metadata service: no pod has any business there. */
const LINK_LOCAL = '169.254.0.0/16';

export interface BookinfoNetworkPoliciesProps {
  readonly namespace: string;
  readonly mesh: IMesh;
  /** What has to be there first. */
  readonly after: ITerraformDependable;
}

/**
 * What may reach the pods of Bookinfo, and what they may reach, by address: nothing, but each other, the gateways of the mesh, whoever reads
 * metrics, and the pods of the cluster (istiod, DNS, collectors). Who may call what is left to the policies of the mesh, which know identities;
 * what may leave the cluster to {@link BookinfoWayOut}. The cluster's network plugin has to enforce NetworkPolicies.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class BookinfoNetworkPolicies extends Construct {
  constructor(scope: Construct, id: string, { namespace, mesh, after }: BookinfoNetworkPoliciesProps) {
    super(scope, id);
    const gateways = [mesh.ingressGateway, mesh.internalIngressGateway].flatMap((gateway) => gateway?.namespace ?? []);
    const fromNamespaces = (labels: Record<string, string>): NetworkPolicyV1SpecIngress => ({
      from: [{ namespaceSelector: { matchLabels: labels } }],
      ports: [port(String(BOOKINFO_PORT))],
    });
    new NetworkPolicyV1(this, 'DenyAll', {
      metadata: { name: 'deny-all', namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      dependsOn: [after],
    });
    new NetworkPolicyV1(this, 'Mesh', {
      metadata: { name: 'mesh', namespace },
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          { from: [{ podSelector: {} }] },
          ...[...new Set(gateways)].map((name) => fromNamespaces({ 'kubernetes.io/metadata.name': name })),
          fromNamespaces({ [VERIFY_LABEL]: 'true' }),
          { from: [{ namespaceSelector: {} }], ports: METRICS.map(port) },
        ],
        egress: [{ to: [{ namespaceSelector: {} }] }],
      },
      dependsOn: [after],
    });
    // A Gateway of the Gateway API runs in its own namespace, and is there to be reached from anywhere.
    new NetworkPolicyV1(this, 'Gateways', {
      metadata: { name: 'gateways', namespace },
      spec: {
        podSelector: { matchExpressions: [{ key: GATEWAY_LABEL, operator: 'Exists' }] },
        policyTypes: ['Ingress'],
        ingress: [{}],
      },
      dependsOn: [after],
    });
  }
}

/**
 * Lets the pods of Bookinfo leave the cluster by HTTP and HTTPS; not to the machine below them, nor to the cloud's metadata service. Apart from
 * the rest, since rules of NetworkPolicies add up: what is locked down must not be allowed anywhere.
 */
export class BookinfoWayOut extends Construct {
  constructor(scope: Construct, id: string, { namespace }: { readonly namespace: string }) {
    super(scope, id);
    new NetworkPolicyV1(this, 'Resource', {
      metadata: { name: 'way-out', namespace },
      spec: {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: [LINK_LOCAL] } }], ports: ['80', '443'].map(port) }],
      },
    });
  }
}

function port(number: string): { port: string; protocol: string } {
  return { port: number, protocol: 'TCP' };
}
