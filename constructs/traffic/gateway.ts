import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { GATEWAY, GatewayServers, GatewayServersTls, GatewaySpec } from '../istio/generated/gateway';
import { IstioObject, IstioObjectProps } from '../istio/istio-object';
import type { MeshGateway } from '../mesh/mesh';
import { Problem, throwOnProblems } from '../validation';

/** Ports that every installation's gateway Service listens on; istiod maps them to the pods' own. */
const HTTP = 80;
const HTTPS = 443;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** How the gateway ends TLS. */
export interface GatewayTls {
  /**
   * `SIMPLE` asks clients for nothing, `MUTUAL` for a certificate, `OPTIONAL_MUTUAL` takes one and verifies it, `PASSTHROUGH` leaves TLS to the
   * service.
   * @default 'SIMPLE'
   */
  readonly mode?: 'SIMPLE' | 'MUTUAL' | 'OPTIONAL_MUTUAL' | 'PASSTHROUGH';
  /**
   * Secret with `tls.crt`, `tls.key` and, where clients show a certificate, `ca.crt`, in the namespace of the gateway's pods.
   * @default none: right for PASSTHROUGH only
   */
  readonly credentialName?: string;
  /** Several Secrets instead of one, such as an RSA and an ECDSA certificate for the same hosts. @default none */
  readonly credentialNames?: readonly string[];
  /** Oldest TLS that is spoken. @default Istio's own: 1.2 */
  readonly minVersion?: GatewayServersTls['minProtocolVersion'];
  /** Plain HTTP is answered with a redirect. @default true */
  readonly redirectHttp?: boolean;
}

/** Settings of {@link Gateway}. */
export interface GatewayProps extends IstioObjectProps<GatewaySpec> {
  /** Host names that the gateway answers for. @default every one */
  readonly hosts?: readonly string[];
  /** How it ends TLS, on port 443. @default none: plain HTTP alone */
  readonly tls?: GatewayTls;
  /** Which of the mesh's gateways it opens. @default the ingress gateway */
  readonly gateway?: MeshGateway;
}

/**
 * Opens a gateway of the mesh on port 80, and on 443 where there is TLS.
 * @see https://istio.io/latest/docs/reference/config/networking/gateway/
 */
export class Gateway extends IstioObject<GatewaySpec> {
  /** The gateway pods that it selects. */
  readonly gateway: MeshGateway;
  private readonly servers: GatewayServers[] = [];

  /** @throws ProblemError where the mesh has no such gateway, the name has dots, or TLS lacks its credential */
  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id, GATEWAY, props);
    const gateway = props.gateway ?? this.mesh.ingressGateway;
    throwOnProblems(`${this.node.path} cannot be created:`, [...this.presentProblems(gateway), ...this.tlsProblems(props.tls)]);
    this.gateway = gateway as MeshGateway;
    const hosts = props.hosts ?? ['*'];
    this.addPlain(hosts, 'http', props.tls);
    if (props.tls) {
      this.addEncrypted(hosts, 'https', props.tls);
    }
  }

  /** Host names that it answers for so far, on whichever port. */
  get hosts(): readonly string[] {
    return [...new Set(this.servers.flatMap(({ hosts = [] }) => hosts))];
  }

  /**
   * Answers for more hosts, with a certificate of their own.
   * @throws ProblemError where TLS lacks its credential, or a host has TLS already
   */
  addHosts(hosts: readonly string[], tls?: GatewayTls): this {
    throwOnProblems(`${this.node.path} cannot take the hosts:`, [...this.tlsProblems(tls), ...(tls ? this.certificateProblems(encrypted(hosts, '', tls)) : [])]);
    const suffix = this.servers.length;
    this.addPlain(hosts, `http-${suffix}`, tls);
    if (tls) {
      this.addEncrypted(hosts, `https-${suffix}`, tls);
    }
    return this;
  }

  /**
   * Opens one more port, or the same one for other hosts, in Istio's own words.
   * @throws ProblemError where a host has TLS on that port already
   */
  addServer(server: GatewayServers): this {
    throwOnProblems(`${this.node.path} cannot take the server:`, this.certificateProblems(server));
    this.servers.push(server);
    return this;
  }

  /** The name by which a VirtualService of a namespace refers to it. */
  nameFrom(namespace: string): string {
    return namespace === this.namespace ? this.name : `${this.namespace}/${this.name}`;
  }

  protected render(): GatewaySpec {
    return { selector: this.gateway.selector, servers: this.servers };
  }

  protected override problems(): Problem[] {
    return (this.spec.servers ?? []).flatMap(({ port }, index) => this.portProblems(port.number, index));
  }

  private addPlain(hosts: readonly string[], name: string, tls: GatewayTls | undefined): void {
    const redirect = tls !== undefined && (tls.redirectHttp ?? true);
    this.addServer({ port: { number: HTTP, name, protocol: 'HTTP' }, hosts, tls: redirect ? { httpsRedirect: true } : undefined });
  }

  private addEncrypted(hosts: readonly string[], name: string, tls: GatewayTls): void {
    this.addServer(encrypted(hosts, name, tls));
  }

  /** Of two servers with TLS for one host and port istiod drops the later one, with all its hosts, even where the certificate is the same. */
  private certificateProblems({ port, bind, hosts = [], tls }: GatewayServers): Problem[] {
    return this.servers.flatMap((other) =>
      tls?.mode && other.tls?.mode && other.port.number === port.number && other.bind === bind
        ? hosts
            .filter((host) => other.hosts?.includes(host))
            .map((host) => ({
              at: this.at('hosts'),
              value: host,
              rule: `port ${port.number} has TLS for this host already: ${other.tls?.credentialName ?? other.tls?.credentialNames?.join(', ') ?? other.tls?.mode}`,
              mend: 'Name each host once; several kinds of certificates go into `credentialNames`',
            }))
        : [],
    );
  }

  private portProblems(port: number, index: number): Problem[] {
    if (Token.isUnresolved(port) || this.gateway.ports.includes(port)) {
      return [];
    }
    const missing = this.mesh.unsupported('GatewayPorts');
    return [
      {
        at: this.at(`servers[${index}].port.number`),
        value: port,
        rule: missing?.reason ?? `the Service ${this.gateway.serviceName} listens on ${this.gateway.ports.join(', ')}`,
        mend: missing?.alternative ?? "Use one of these, or open the port in the mesh's gateway",
        see: missing?.see,
      },
    ];
  }

  private presentProblems(gateway: MeshGateway | undefined): Problem[] {
    return [
      ...(gateway ? [] : [{ at: this.at('gateway'), rule: 'the mesh has no ingress gateway', mend: 'Give the mesh one, or pass `gateway`' }]),
      ...(Token.isUnresolved(this.name) || DNS_LABEL.test(this.name)
        ? []
        : [{ at: this.at('name'), value: this.name, rule: 'the name of a Gateway is a DNS label, without dots', mend: 'Give another `name`' }]),
    ];
  }

  private tlsProblems(tls: GatewayTls | undefined): Problem[] {
    const passthrough = tls?.mode === 'PASSTHROUGH';
    const credentials = [tls?.credentialName, tls?.credentialNames].filter((credential) => credential !== undefined);
    if (!tls || (passthrough ? credentials.length === 0 : credentials.length === 1)) {
      return [];
    }
    if (!passthrough && credentials.length > 1) {
      return [{ at: this.at('tls.credentialNames'), value: credentials, rule: 'a server has credentialName or credentialNames', mend: 'Put all into credentialNames' }];
    }
    return [
      {
        at: this.at('tls.credentialName'),
        value: tls.credentialName ?? tls.credentialNames,
        rule: passthrough ? 'with PASSTHROUGH the service ends TLS, so the gateway has no certificate' : 'to end TLS the gateway needs a certificate',
        mend: passthrough ? 'Leave credentialName out' : 'Name a Secret in the namespace of the gateway pods',
      },
    ];
  }
}

function encrypted(hosts: readonly string[], name: string, tls: GatewayTls): GatewayServers {
  const mode = tls.mode ?? 'SIMPLE';
  return {
    port: { number: HTTPS, name, protocol: mode === 'PASSTHROUGH' ? 'TLS' : 'HTTPS' },
    hosts,
    tls: { mode, credentialName: tls.credentialName, credentialNames: tls.credentialNames, minProtocolVersion: tls.minVersion },
  };
}
