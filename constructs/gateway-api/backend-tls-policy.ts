import { Construct } from 'constructs';
import type { IstioObjectProps } from '../istio/istio-object';
import type { IService } from '../kubernetes/service';
import { throwOnProblems } from '../validation';
import { GatewayApiObject } from './gateway-api-object';
import { BACKEND_TLS_POLICY, BackendTLSPolicySpec } from './generated/backend-tls-policy';

export interface BackendTLSPolicyProps extends Omit<IstioObjectProps<BackendTLSPolicySpec>, 'namespace'> {
  /** The Service that speaks TLS. */
  readonly service: Pick<IService, 'name' | 'namespace'>;
  /** Name of the one port that does. @default every port */
  readonly port?: string;
  /** Name to ask for, and to expect in the certificate. */
  readonly hostname: string;
  /** ConfigMap of the namespace whose `ca.crt` signs it; `system` trusts the public authorities. */
  readonly trust: 'system' | { readonly configMap: string };
}

/**
 * How a gateway speaks TLS to a Service.
 * @see https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/
 */
export class BackendTLSPolicy extends GatewayApiObject<BackendTLSPolicySpec> {
  private readonly settings: BackendTLSPolicyProps;

  /** @throws ProblemError where the host name is a wildcard or an address */
  constructor(scope: Construct, id: string, props: BackendTLSPolicyProps) {
    super(scope, id, BACKEND_TLS_POLICY, { ...props, namespace: props.service.namespace });
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      /\*|^[\d.]+$|:/.test(props.hostname)
        ? [{ at: this.at('hostname'), value: props.hostname, rule: 'a server is asked for by one DNS name', mend: 'Give the name in its certificate' }]
        : [],
    );
    this.settings = props;
  }

  protected render(): BackendTLSPolicySpec {
    const { service, port, hostname, trust } = this.settings;
    return {
      targetRefs: [{ group: '', kind: 'Service', name: service.name, sectionName: port }],
      validation: {
        hostname,
        // By the host name alone Istio asks, and takes a certificate for any name.
        subjectAltNames: [{ type: 'Hostname', hostname }],
        ...(trust === 'system' ? { wellKnownCACertificates: 'System' } : { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: trust.configMap }] }),
      },
    };
  }
}
