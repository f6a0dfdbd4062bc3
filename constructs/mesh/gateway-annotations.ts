import type { IngressAddress } from '../cluster/cluster';
import type { Problem } from '../validation';

const AZURE = 'service.beta.kubernetes.io/azure-';
const SEE = 'https://learn.microsoft.com/azure/aks/istio-deploy-ingress#ingress-gateway-service-customizations';

/** Ends of Azure's annotations that the add-on lets its gateways' Services carry. */
const PERMITTED_AZURE = [
  'allowed-ip-ranges',
  'allowed-service-tags',
  'disable-load-balancer-floating-ip',
  'load-balancer-internal-subnet',
  'load-balancer-ipv4',
  'load-balancer-disable-tcp-reset',
  'load-balancer-resource-group',
  'load-balancer-tcp-idle-timeout',
  'pip-ip-tags',
  'pip-name',
  'shared-securityrule',
] as const;

/** Ends of the annotations that tell how a port is probed, and whether it has a rule at all. */
const PERMITTED_PORT = [
  'no_lb_rule',
  'no_probe_rule',
  'health-probe_protocol',
  'health-probe_port',
  'health-probe_interval',
  'health-probe_num-of-probe',
  'health-probe_request-path',
] as const;

type AzureAnnotation = `service.beta.kubernetes.io/azure-${(typeof PERMITTED_AZURE)[number]}`;
type PortAnnotation = `service.beta.kubernetes.io/port_${80 | 443}_${(typeof PERMITTED_PORT)[number]}`;

/** An annotation that the add-on lets others write on its gateways' Services. */
export type AddonGatewayAnnotation = AzureAnnotation | PortAnnotation | 'external-dns.alpha.kubernetes.io/hostname';

const PERMITTED: readonly string[] = [
  ...PERMITTED_AZURE.map((end) => `${AZURE}${end}`),
  ...[80, 443].flatMap((port) => PERMITTED_PORT.map((end) => `service.beta.kubernetes.io/port_${port}_${end}`)),
  'external-dns.alpha.kubernetes.io/hostname',
];

/**
 * Annotations that bind a Service of type LoadBalancer to a public address that exists already.
 * @see https://learn.microsoft.com/azure/aks/load-balancer-standard#customizations-via-kubernetes-annotations
 */
export function gatewayAnnotations(address: IngressAddress | undefined): Record<string, string> {
  return address === undefined
    ? {}
    : {
        'service.beta.kubernetes.io/azure-pip-name': address.publicIpName,
        'service.beta.kubernetes.io/azure-load-balancer-resource-group': address.resourceGroupName,
      };
}

/** What the add-on would take off its gateway's Service again. */
export function gatewayAnnotationProblems(annotations: Readonly<Record<string, string>>, at: string): Problem[] {
  return Object.entries(annotations).flatMap(([name, value]) => {
    if (name === `${AZURE}load-balancer-internal`) {
      return [{ at: `${at}["${name}"]`, value, rule: 'which gateway is internal is decided by which of the two it is', mend: 'Use the internal gateway', see: SEE }];
    }
    return PERMITTED.includes(name)
      ? []
      : [
          {
            at: `${at}["${name}"]`,
            value,
            rule: "the Service is the add-on's, which keeps a list of the annotations that others may write",
            mend: `Take one of ${PERMITTED.join(', ')}, or install Istio with HelmIstio, whose gateway is yours`,
            see: SEE,
          },
        ];
  });
}
