import { isIP } from 'node:net';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import type { IstioObjectProps } from '../istio/istio-object';
import type { IService } from '../kubernetes/service';
import { minorOf } from '../mesh/gateway-api';
import { Problem, throwOnProblems } from '../validation';
import { GatewayApiObject } from './gateway-api-object';
import { BACKEND_TLS_POLICY, BackendTLSPolicySpec } from './generated/backend-tls-policy';

/** Settings of {@link BackendTLSPolicy}. */
export interface BackendTLSPolicyProps extends Omit<IstioObjectProps<BackendTLSPolicySpec>, 'namespace'> {
  /** The Service that speaks TLS. */
  readonly service: Pick<IService, 'name' | 'namespace'> & Partial<Pick<IService, 'ports'>>;
  /** Names of the ports that do. @default every port */
  readonly port?: string | readonly string[];
  /** Name to ask for, and to expect in the certificate unless `names` says otherwise. */
  readonly hostname: string;
  /** Host names of which the certificate has one, or URIs such as `spiffe://cluster.local/ns/shop/sa/web`. @default the host name */
  readonly names?: readonly string[];
  /** ConfigMap of the namespace whose `ca.crt` signs it; `system` trusts the public authorities. */
  readonly trust: 'system' | { readonly configMap: string };
}

/** The first release that has the version that Istio reads. */
const SINCE = 4;

/**
 * How gateways, and proxies of the mesh, speak TLS to a Service.
 * @see https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/
 */
export class BackendTLSPolicy extends GatewayApiObject<BackendTLSPolicySpec> {
  private readonly settings: BackendTLSPolicyProps;

  /** @throws ProblemError where the host name is a wildcard or an address, or the Service has no port of a name */
  constructor(scope: Construct, id: string, props: BackendTLSPolicyProps) {
    super(scope, id, BACKEND_TLS_POLICY, { ...props, namespace: props.service.namespace });
    throwOnProblems(`${this.node.path} cannot be created:`, [...this.nameProblems(props), ...this.portProblems(props)]);
    this.settings = props;
  }

  protected render(): BackendTLSPolicySpec {
    const { service, port, hostname, names = [hostname], trust } = this.settings;
    return {
      targetRefs: [port].flat().map((sectionName) => ({ group: '', kind: 'Service', name: service.name, sectionName })),
      validation: {
        hostname,
        // By the host name alone Istio asks, and takes a certificate for any name.
        subjectAltNames: names.map((name) => (name.includes('://') ? { type: 'URI', uri: name } : { type: 'Hostname', hostname: name })),
        ...(trust === 'system' ? { wellKnownCACertificates: 'System' } : { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: trust.configMap }] }),
      },
    };
  }

  protected override problems(): Problem[] {
    const { gatewayApi } = this.mesh;
    return gatewayApi && minorOf(gatewayApi) < SINCE
      ? [
          {
            at: this.node.path,
            value: gatewayApi.version,
            rule: `the Gateway API has the version of this kind that Istio reads from 1.${SINCE} on`,
            mend: 'Install a newer release, or write a DestinationRule with UpstreamTls',
            see: 'https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/',
          },
        ]
      : [];
  }

  private nameProblems({ hostname, names }: BackendTLSPolicyProps): Problem[] {
    const isName = (name: string): boolean => Token.isUnresolved(name) || (isIP(name) === 0 && !/[*:]/.test(name));
    return [
      ...(isName(hostname)
        ? []
        : [{ at: this.at('hostname'), value: hostname, rule: 'a server is asked for by one DNS name', mend: 'Give the name in its certificate' }]),
      ...(names?.length === 0 ? [{ at: this.at('names'), value: names, rule: 'a certificate is for some name', mend: 'Name one, or leave `names` out' }] : []),
    ];
  }

  private portProblems({ service, port }: BackendTLSPolicyProps): Problem[] {
    const known = service.ports?.map(({ name }) => name);
    return [port].flat().flatMap((value) =>
      value === undefined || !known || known.includes(value)
        ? []
        : [
            {
              at: this.at('port'),
              value,
              rule: `${service.name} has the ports ${known.join(', ')}, and a policy for any other is not accepted`,
              mend: 'Name one of them',
            },
          ],
    );
  }
}
