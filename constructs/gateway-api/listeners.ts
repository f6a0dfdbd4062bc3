import type { Problem } from '../validation';
import type { GatewayListeners, GatewaySpec, GatewayTls } from './generated/gateway';
import type { ForeignReference } from './grants';

/** An object of the gateway's own namespace by name, or one of another namespace, which needs a {@link ReferenceGrant} there. */
export type NameOrForeign = string | { readonly name: string; readonly namespace: string };

/** Who signs the certificates that clients show: `ca.crt` in a ConfigMap or a Secret. */
export type ClientAuthorities = { readonly configMap: NameOrForeign } | { readonly secret: NameOrForeign };

/** Port 443 of a gateway. */
export interface ListenerTls {
  /** Secrets with `tls.crt` and `tls.key`, two at most, such as an RSA and an ECDSA one. @default none: TLS passes through */
  readonly certificates?: readonly NameOrForeign[];
  /**
   * `SIMPLE` asks clients for nothing, `MUTUAL` for a certificate, signed by the `ca.crt` of the same Secret; with `OPTIONAL_MUTUAL` they may also
   * show none. @default 'SIMPLE'
   * @see https://istio.io/latest/docs/tasks/traffic-management/ingress/secure-ingress/#configure-a-mutual-tls-ingress-gateway
   */
  readonly mode?: 'SIMPLE' | 'MUTUAL' | 'OPTIONAL_MUTUAL';
  /**
   * Asks clients for a certificate signed by these, in the Gateway API's own words instead of Istio's `mode`. Before release 1.5 only the
   * experimental channel has it. @default as `mode` says
   * @see https://gateway-api.sigs.k8s.io/reference/spec/#frontendtlsvalidation
   */
  readonly clientAuthorities?: ClientAuthorities;
  /** Ciphers of TLS 1.2 as Envoy names them, such as `ECDHE-RSA-AES256-GCM-SHA384`; it leaves out what it does not know. @default Istio's own */
  readonly cipherSuites?: readonly string[];
  /** Plain HTTP is answered with a redirect, and routes attach to the other listeners. @default true */
  readonly redirectHttp?: boolean;
}

/** Routes of which namespaces may attach: the gateway's own, every one, those named, or those with labels. */
export type AllowedNamespaces = 'Same' | 'All' | { readonly names: readonly string[] } | { readonly labels: Readonly<Record<string, string>> };

interface Reference {
  readonly name: string;
  readonly namespace?: string;
}

/** Label that every namespace has. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';
const TERMINATE_MODE = 'gateway.istio.io/tls-terminate-mode';
const CIPHER_SUITES = 'gateway.istio.io/tls-cipher-suites';
/** More are refused by istiod. */
const MOST_CERTIFICATES = 2;

/** Port 443 for a host. */
export function tlsListener(suffix: string, hostname: string | undefined, { certificates, mode = 'SIMPLE', cipherSuites }: ListenerTls): GatewayListeners {
  if (!certificates) {
    return { name: `tls${suffix}`, port: 443, protocol: 'TLS', hostname, tls: { mode: 'Passthrough' } };
  }
  const options = {
    ...(mode === 'SIMPLE' ? {} : { [TERMINATE_MODE]: mode }),
    ...(cipherSuites ? { [CIPHER_SUITES]: cipherSuites.join(',') } : {}),
  };
  return {
    name: `https${suffix}`,
    port: 443,
    protocol: 'HTTPS',
    hostname,
    tls: {
      mode: 'Terminate',
      certificateRefs: certificates.map((secret) => (typeof secret === 'string' ? { name: secret } : secret)),
      options: Object.keys(options).length > 0 ? options : undefined,
    },
  };
}

/** What all listeners for HTTPS ask of clients. */
export function clientValidation(authorities: ClientAuthorities | undefined): GatewayTls | undefined {
  if (!authorities) {
    return undefined;
  }
  const [kind, reference] = 'configMap' in authorities ? ['ConfigMap', authorities.configMap] : ['Secret', authorities.secret];
  const named = typeof reference === 'string' ? { name: reference } : reference;
  return { frontend: { default: { validation: { caCertificateRefs: [{ group: '', kind, ...named }] } } } };
}

export function allowedNamespaces(from: AllowedNamespaces): NonNullable<GatewayListeners['allowedRoutes']>['namespaces'] {
  if (typeof from === 'string') {
    return { from };
  }
  return {
    from: 'Selector',
    selector: 'labels' in from ? { matchLabels: from.labels } : { matchExpressions: [{ key: NAMESPACE_NAME, operator: 'In', values: from.names }] },
  };
}

/** Certificates and authorities in other namespaces. */
export function foreignCertificates({ listeners, tls }: GatewaySpec, at: (field: string) => string): ForeignReference[] {
  const certificates = listeners.flatMap((listener) =>
    (listener.tls?.certificateRefs ?? []).map((ref) => referenceTo('Secret', ref, at(`listeners.${listener.name}.tls`))),
  );
  const validations = [tls?.frontend?.default.validation, ...(tls?.frontend?.perPort ?? []).map((port) => port.tls.validation)];
  const authorities = validations
    .flatMap((validation) => validation?.caCertificateRefs ?? [])
    .map((ref) => referenceTo(ref.kind === 'Secret' ? 'Secret' : 'ConfigMap', ref, at('tls.clientAuthorities')));
  return [...certificates, ...authorities].flat();
}

function referenceTo(kind: ForeignReference['kind'], { name, namespace }: Reference, at: string): ForeignReference[] {
  return namespace === undefined ? [] : [{ at, kind, name, namespace }];
}

/** What is wrong with the TLS of a gateway, where it is written. */
export function tlsProblems(tls: ListenerTls | undefined, hosts: readonly string[] | undefined, at: (field: string) => string): Problem[] {
  const { certificates, mode = 'SIMPLE', clientAuthorities } = tls ?? {};
  return [
    ...(tls && !certificates && !hosts
      ? [{ at: at('hosts'), rule: 'TLS that passes through is routed by host', mend: 'Give `hosts`, or `tls.certificates` to end TLS here' }]
      : []),
    ...(mode !== 'SIMPLE' && !certificates
      ? [{ at: at('tls.mode'), value: mode, rule: 'clients show a certificate to whom ends TLS', mend: 'Give `tls.certificates`, or leave `mode` out' }]
      : []),
    ...(clientAuthorities && !certificates
      ? [{ at: at('tls.clientAuthorities'), rule: 'clients show a certificate to whom ends TLS', mend: 'Give `tls.certificates`, or leave it out' }]
      : []),
    ...(clientAuthorities && mode !== 'SIMPLE'
      ? [{ at: at('tls.mode'), value: mode, rule: 'who signs the certificates of clients is said once', mend: 'Give one of `mode` and `clientAuthorities`' }]
      : []),
    ...((certificates?.length ?? 1) >= 1 && (certificates?.length ?? 0) <= MOST_CERTIFICATES
      ? []
      : [
          {
            at: at('tls.certificates'),
            value: certificates,
            rule: `Istio shows one certificate for a listener, or ${MOST_CERTIFICATES} of different kinds`,
            mend: 'Give each host a gateway or a listener of its own',
          },
        ]),
  ];
}
