import type { ModelWorkload } from '../mesh-model';
import type { AnyObject } from '../object';

/** Where a request is matched: an object, the field in it, and who wrote it. */
export interface Source {
  /** `VirtualService bookinfo/reviews`, as people call it. */
  readonly title: string;
  /** Place in the object, such as `http[1].match[0]`. */
  readonly field: string;
  /** Construct path, or file and line, with the object's name. */
  readonly place: string;
  readonly object: AnyObject;
}

/** The route that takes a request. */
export interface MatchedRoute {
  /** Name of the route, as Envoy would show it; `default` where the mesh made it by itself. */
  readonly name: string;
  /** Nothing where no object decided: the Service's own default route, or a host that the mesh does not know. */
  readonly source?: Source;
  /** Why it matched, in one line. */
  readonly why: string;
}

/** Delay and abort that the proxy of the caller injects. Percentages of requests; seconds. */
export interface SimulatedFault {
  readonly delay?: { readonly seconds: number; readonly percent: number };
  readonly abort?: { readonly status?: number; readonly grpcStatus?: string; readonly percent: number };
}

export interface SimulatedRetries {
  /** Retries after the first try. */
  readonly attempts: number;
  readonly on: string;
  /** HTTP statuses that are tried again, besides what `on` names: `5xx`, `gateway-error`, ... */
  readonly statuses: readonly number[];
  readonly perTryTimeoutSeconds?: number;
  readonly backoffSeconds?: number;
}

/** Headers that the mesh changes on the way. */
export interface HeaderChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** How a connection between two workloads is secured. */
export interface HopSecurity {
  /** What the caller's proxy sends. */
  readonly client: 'mutual' | 'plaintext' | 'tls';
  /** What the workload's proxy takes; `none` where it has no proxy. */
  readonly server: 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'none';
  /** Whether the two understand each other. */
  readonly accepted: boolean;
  /** SPIFFE identity of the caller, without `spiffe://`, as the workload sees it; nothing without mutual TLS. */
  readonly identity?: string;
  /** Name in the handshake of the caller's proxy, where a DestinationRule has it start TLS; nothing where it follows from the cluster. */
  readonly serverName?: string;
  /** Whether the caller's proxy shows a certificate that is not the mesh's. @default false */
  readonly withCertificate?: boolean;
  /** Why, in one line. */
  readonly why: string;
  /** Objects that decided. */
  readonly sources: readonly Source[];
}

/** What AuthorizationPolicies and RequestAuthentications say. */
export interface PolicyVerdict {
  readonly verdict: 'allow' | 'deny';
  /** Why, in one line. */
  readonly why: string;
  /** HTTP status that a refusal is answered with. */
  readonly status?: 401 | 403;
  /** The policy and rule that decided; nothing where no policy applies. */
  readonly source?: Source;
  /** External authoriser that a CUSTOM policy asks before the others have their say. */
  readonly provider?: string;
  /** The rule of the CUSTOM policy that asks. */
  readonly asks?: Source;
  /** Titles of AUDIT and dry-run policies whose rules match, which decide nothing. */
  readonly observed: readonly string[];
  /** Rules that ask what a simulation cannot know, and what they were taken for. @default none */
  readonly unknown?: readonly string[];
}

/** A share of the requests and what becomes of it. */
export interface DestinationShare {
  /** Full host of the Service, or the external host. */
  readonly host: string;
  readonly port?: number;
  readonly subset?: string;
  /** Label `version` of the workloads, the subset, or the Service's name: what people call it. */
  readonly version: string;
  /** Of all requests, faults aside. */
  readonly percent: number;
  readonly workload?: ModelWorkload;
  /** Whether there is a workload to send them to. */
  readonly routable: boolean;
  /** Whether the workload gets them. */
  readonly reached: boolean;
  /** Answer of the mesh in place of the workload's: 503 without endpoints, 403 by policy. Nothing where the workload or nobody answers. */
  readonly status?: number;
  readonly why?: string;
  readonly mtls?: HopSecurity;
  readonly policy: PolicyVerdict;
  /** What the workload itself sees of the request; nothing where it does not get it. */
  readonly arrival?: Arrival;
  /** Headers that only this share sees changed. */
  readonly headers?: { readonly request: HeaderChanges; readonly response: HeaderChanges };
}

/** A request as a workload sees it. */
export interface Arrival {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the token that came along is still there: proxies that check one take it off, unless they are told to forward it. */
  readonly token: boolean;
}

/** Copies of the requests. */
export interface SimulatedMirror {
  readonly host: string;
  readonly subset?: string;
  /** Versions that receive the copies. */
  readonly versions: readonly string[];
  /** Of all requests. */
  readonly percent: number;
}

/** What the mesh does with a request. */
export interface Simulation {
  /** Who called what, with everything that was filled in. */
  readonly call: ResolvedCall;
  readonly outcome: 'routed' | 'redirected' | 'answered' | 'denied' | 'failed';
  /** HTTP status that the mesh itself answers every such request with; nothing where at least some reach a workload. */
  readonly status?: number;
  /** The answer in one sentence. */
  readonly summary: string;
  readonly route?: MatchedRoute;
  /**
   * Percent of all requests by version, as the routes send them; faults aside. What has no workload to go to is left out, what a
   * policy or mutual TLS then refuses is not: see `destinations` and `policy`.
   */
  readonly shares: Readonly<Record<string, number>>;
  readonly destinations: readonly DestinationShare[];
  readonly fault?: SimulatedFault;
  /** Seconds after which the caller's proxy gives up; nothing means never. */
  readonly timeoutSeconds?: number;
  readonly retries?: SimulatedRetries;
  readonly mirrors: readonly SimulatedMirror[];
  readonly rewrite?: { readonly path?: string; readonly authority?: string };
  readonly redirect?: { readonly status: number; readonly location: string };
  readonly directResponse?: { readonly status: number; readonly body?: string };
  readonly headers: { readonly request: HeaderChanges; readonly response: HeaderChanges };
  /** The verdict where all destinations agree; else the first refusal. */
  readonly policy: PolicyVerdict;
  /** The hop to the first destination. */
  readonly mtls?: HopSecurity;
  /** What the gateway does with it that the route leads to, such as an egress gateway; it decides the outcome. */
  readonly onward?: Simulation;
  /** Candidates that were tried and why they did not match, in order. */
  readonly tried: readonly string[];
  /** What the simulation had to assume. */
  readonly assumptions: readonly string[];
}

/** A request with everything filled in. */
export interface ResolvedCall {
  /** Who calls, in words. */
  readonly from: string;
  /** Full host, or the Host header at a gateway. */
  readonly to: string;
  readonly port: number;
  readonly method: string;
  /** Path with its query, normalised as proxies do. */
  readonly path: string;
  /** Host header. */
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  /** Name in the TLS handshake; nothing without TLS. */
  readonly serverName?: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: 'http' | 'tcp';
  readonly gateway?: string;
}

/** Nothing changed. */
export const NO_CHANGES: HeaderChanges = { set: {}, add: {}, remove: [] };

/** No policy has anything to say. */
export const NO_POLICY: PolicyVerdict = { verdict: 'allow', why: 'no AuthorizationPolicy applies', observed: [] };
