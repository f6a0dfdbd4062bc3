import type { PeerAuthenticationSpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { ModelObject, namespaceOf } from '../object';
import type { EffectiveDestinationRule } from './destination-rules';
import { tlsSettings } from './destination-rules';
import { PolicyTarget, sourceOf } from './policy-scope';
import type { Proxy } from './proxy';
import type { HopSecurity, Source } from './simulation';
import { byAge } from './virtual-services';

type Mode = 'STRICT' | 'PERMISSIVE' | 'DISABLE';
type PeerPolicy = ModelObject<PeerAuthenticationSpec>;

/** A mode, and the object that says so; nothing where none does. */
export interface PlacedMode {
  readonly mode: Mode;
  readonly source?: Source;
}

/** Mode in which a workload's port takes connections, and the objects that say so: port before workload before namespace before mesh. */
export function serverMode(model: MeshModel, target: PolicyTarget, port: number): PlacedMode {
  const all = policiesOf(model);
  // A selector in the root namespace reaches no workload of another namespace.
  const narrow = all.find(
    (policy) =>
      namespaceOf(policy) === target.namespace &&
      namespaceOf(policy) !== model.rootNamespace &&
      selectorOf(policy).length > 0 &&
      selectorOf(policy).every(([label, value]) => target.labels[label] === value),
  );
  const atPort = narrow?.spec?.portLevelMtls?.[String(port)]?.mode;
  if (narrow && atPort && atPort !== 'UNSET') {
    return { mode: atPort, source: sourceOf(narrow, `portLevelMtls[${port}]`) };
  }
  return modeOf(narrow) ?? namespaceMode(model, target.namespace) ?? { mode: 'PERMISSIVE' };
}

/** Mode of a namespace, else of the mesh; callers go by it alone when they decide whether to start mutual TLS by themselves. */
function namespaceMode(model: MeshModel, namespace: string): PlacedMode | undefined {
  const wide = (where: string): PeerPolicy | undefined =>
    policiesOf(model).find((policy) => namespaceOf(policy) === where && selectorOf(policy).length === 0);
  return (namespace === model.rootNamespace ? undefined : modeOf(wide(namespace))) ?? modeOf(wide(model.rootNamespace));
}

function policiesOf(model: MeshModel): PeerPolicy[] {
  return [...model.ofKind<PeerAuthenticationSpec>('security.istio.io', 'PeerAuthentication')].sort(byAge);
}

function selectorOf(policy: PeerPolicy): [string, string][] {
  return Object.entries(policy.spec?.selector?.matchLabels ?? {});
}

function modeOf(policy: PeerPolicy | undefined): PlacedMode | undefined {
  const mode = policy?.spec?.mtls?.mode;
  return policy && mode && mode !== 'UNSET' ? { mode, source: sourceOf(policy, 'mtls.mode') } : undefined;
}

/** A connection to be judged. */
export interface Hop {
  readonly client: Proxy;
  /** Pods at the other end. */
  readonly target: PolicyTarget;
  /** Whether they have a proxy. */
  readonly injected: boolean;
  /** Port of the Service, which DestinationRules speak of. */
  readonly servicePort: number;
  /** Port of the pods, which PeerAuthentications speak of. */
  readonly workloadPort: number;
  readonly external: boolean;
  /** Whether they are a gateway, whose own servers say what they take. */
  readonly gateway: boolean;
  /** Whether the application speaks plain HTTP on the port, or may. */
  readonly http: boolean;
  /** Whether the port is for HTTP alone, so that nobody behind it reads TLS. */
  readonly httpOnly: boolean;
  /** Whether the calling program speaks TLS itself, which nobody on the way ends. */
  readonly encrypted: boolean;
  /** Whether every pod of a headless Service has a proxy: callers then start mutual TLS with all, else with none. @default not headless */
  readonly headless?: { readonly allInjected: boolean };
  readonly rule?: EffectiveDestinationRule;
  readonly subset?: string;
  /** Host that the request is for, where it is HTTP. */
  readonly authority?: string;
  /** The client's proxy does not know the host and passes bytes on as they are. */
  readonly passthrough?: boolean;
}

/** How a connection is secured, and whether both ends agree. */
export function hopSecurity(model: MeshModel, hop: Hop): HopSecurity {
  const server = hop.injected ? serverMode(model, hop.target, hop.workloadPort) : undefined;
  const settings = hop.client.kind === 'none' || hop.passthrough ? undefined : tlsSettings(hop.rule, hop.subset, hop.servicePort);
  const wide = namespaceMode(model, hop.target.namespace);
  const client = clientOf(hop, server?.mode, wide?.mode, settings?.tls.mode);
  const automatic = hop.client.kind !== 'none' && !settings;
  const sources = [
    ...(settings ? [sourceOf(settings.object, settings.field)] : []),
    ...(automatic && wide?.mode === 'DISABLE' && wide.source && wide.source.object !== server?.source?.object ? [wide.source] : []),
    ...(server?.source ? [server.source] : []),
  ];
  const mode = server?.mode ?? 'none';
  const accepted = accepts(client, mode, hop);
  return {
    client,
    server: mode,
    accepted,
    identity: client === 'mutual' && accepted ? hop.client.identity : undefined,
    ...(settings ? handshakeOf(hop, settings.tls) : {}),
    why: explain(hop, client, mode, settings?.tls.mode, server?.source, wide, accepted),
    sources,
  };
}

function clientOf(hop: Hop, server: Mode | undefined, wide: Mode | undefined, configured: string | undefined): HopSecurity['client'] {
  if (hop.client.kind === 'none' || hop.passthrough || configured === 'DISABLE') {
    return 'plaintext';
  }
  if (configured === 'ISTIO_MUTUAL') {
    return 'mutual';
  }
  if (configured !== undefined) {
    return 'tls';
  }
  // Proxies start mutual TLS by themselves wherever the other end has one that takes it, unless its whole namespace says DISABLE: then they
  // do not look at what single workloads and ports say.
  const able = hop.headless ? hop.headless.allInjected : hop.injected && server !== 'DISABLE';
  return able && !hop.external && wide !== 'DISABLE' ? 'mutual' : 'plaintext';
}

/** The name that proxies call when they start TLS, and whether they show a certificate. */
function handshakeOf(hop: Hop, tls: NonNullable<ReturnType<typeof tlsSettings>>['tls']): Pick<HopSecurity, 'serverName' | 'withCertificate'> {
  // HTTP without a name of its own takes the Host header's.
  const automatic = tls.mode === 'ISTIO_MUTUAL' ? undefined : hop.authority;
  const serverName = tls.sni ?? automatic;
  return { ...(serverName === undefined ? {} : { serverName }), ...(tls.mode === 'MUTUAL' ? { withCertificate: true } : {}) };
}

function accepts(client: HopSecurity['client'], server: HopSecurity['server'], hop: Hop): boolean {
  if (hop.encrypted && unreadable(client, hop) !== undefined) {
    return false;
  }
  if (hop.external || hop.gateway) {
    return true;
  }
  if (client === 'mutual') {
    return server === 'STRICT' || server === 'PERMISSIVE';
  }
  // Other TLS than the mesh's own passes the workload's proxy untouched: an application that speaks plain HTTP cannot read it.
  return server !== 'STRICT' && (client === 'plaintext' || !hop.http);
}

/** Why nobody understands the TLS of the calling program. */
function unreadable(client: HopSecurity['client'], hop: Hop): string | undefined {
  if (hop.gateway) {
    return undefined;
  }
  return client === 'tls'
    ? 'the client speaks TLS already, and its proxy wraps it in TLS once more, which the host does not expect'
    : hop.httpOnly
      ? `the client speaks TLS, and port ${hop.servicePort} is for plain HTTP: nobody ends the TLS`
      : undefined;
}

function explain(
  hop: Hop,
  client: HopSecurity['client'],
  server: string,
  configured: string | undefined,
  source: Source | undefined,
  wide: PlacedMode | undefined,
  accepted: boolean,
): string {
  const wants = hop.gateway
    ? 'a gateway takes what its servers say'
    : server === 'none'
      ? 'the workload has no sidecar'
      : `the workload takes ${server}${source ? ` (${source.title}, ${source.field})` : ' by default'}`;
  const reasons: Record<string, string> = {
    none: 'the caller has no sidecar and sends plaintext',
    passthrough: "the caller's proxy does not know the host and sends plaintext",
    configured: `a DestinationRule sets ${configured ?? ''}`,
    auto:
      client === 'mutual'
        ? 'mutual TLS by itself'
        : wide?.mode === 'DISABLE' && server !== 'DISABLE'
          ? `plaintext, as ${wide.source?.title} says DISABLE`
          : 'plaintext, as nothing asks for TLS',
  };
  const nested = hop.encrypted ? unreadable(client, hop) : undefined;
  if (nested !== undefined) {
    return nested;
  }
  const key = hop.client.kind === 'none' ? 'none' : hop.passthrough ? 'passthrough' : configured ? 'configured' : 'auto';
  return `${reasons[key]}; ${hop.external ? 'the host is outside the mesh' : wants}${accepted ? '' : ', which refuses it'}`;
}
