import type { DestinationRuleTrafficPolicyTls } from '../istio/generated/destination-rule';

/** What TLS to a host may have beside its mode and the name that is asked for. */
export type UpstreamTlsOptions = Omit<DestinationRuleTrafficPolicyTls, 'mode' | 'sni'>;

/**
 * How the proxies speak TLS to a host. Unless the options say otherwise the server is verified: its certificate by the CAs of the proxy's system or
 * of the credential, its name by the one that is asked for.
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings
 */
export class UpstreamTls {
  /** Plaintext, even within the mesh. */
  static disable(): UpstreamTls {
    return new UpstreamTls({ mode: 'DISABLE' });
  }

  /**
   * TLS with a server that asks for no certificate.
   * @param sni name to ask for, and to expect in its certificate. @default the host of each request
   * @param options in Istio's words; each replaces what would be written, such as `subjectAltNames` where the certificate has another name
   */
  static simple(sni?: string, options: UpstreamTlsOptions = {}): UpstreamTls {
    return new UpstreamTls({ mode: 'SIMPLE', sni, ...verified(sni, options) });
  }

  /**
   * TLS with a certificate of our own. Sidecars use it only where the DestinationRule has a `workload`, and the ServiceAccount of their pods may list
   * Secrets in its namespace; else their calls fail with 503.
   * @param credentialName Secret with `tls.crt`, `tls.key` and `ca.crt`, in the namespace of the pods or the gateway that connect
   * @param sni name to ask for, and to expect in the server's certificate. @default the host of each request
   * @param options in Istio's words; each replaces what would be written
   */
  static mutual(credentialName: string, sni?: string, options: UpstreamTlsOptions = {}): UpstreamTls {
    return new UpstreamTls({ mode: 'MUTUAL', sni, ...verified(sni, { credentialName, ...options }) });
  }

  /** TLS with the mesh's identities: what proxies do by themselves unless told otherwise. */
  static istioMutual(): UpstreamTls {
    return new UpstreamTls({ mode: 'ISTIO_MUTUAL' });
  }

  private constructor(private readonly spec: DestinationRuleTrafficPolicyTls) {}

  /** In Istio's own words. */
  toSpec(): DestinationRuleTrafficPolicyTls {
    return this.spec;
  }
}

/** istiod has the proxies check the server's name by themselves only where neither a name nor `subjectAltNames` is given. */
function verified(sni: string | undefined, options: UpstreamTlsOptions): UpstreamTlsOptions {
  return {
    ...(!options.insecureSkipVerify && {
      ...(sni !== undefined && { subjectAltNames: [sni] }),
      // Also istiod's default; written, so that istioctl analyze sees it (IST0128, IST0129).
      ...(options.credentialName === undefined && { caCertificates: 'system' }),
    }),
    ...options,
  };
}
