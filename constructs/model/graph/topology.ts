/** A version of a service as the picture shows it. */
export interface VersionNode {
  readonly name: string;
  /** Percent of the requests that no rule takes; nothing where none go there. */
  readonly percent?: number;
  /** Percent of the requests that are copied to it. */
  readonly mirrored?: number;
  /** Whether a route with conditions leads to it. */
  readonly byRule?: boolean;
}

/** Who may call a service: anybody, some, or nobody. */
export type Access = 'open' | 'restricted' | 'closed';

/** What policies say about those who call. */
export interface Restriction {
  readonly access: Access;
  /** Policies that decide, by name. */
  readonly policies: readonly string[];
  /** Whom ALLOW policies let in, and to what: `productpage: GET /reviews/*`. */
  readonly allows: readonly string[];
  /** What is asked beyond who calls: `tokens of https://issuer`, `asks opa`. */
  readonly guards: readonly string[];
  /** DENY policies: `denied by closed`. */
  readonly denials: readonly string[];
  /** Policies on trial, which decide nothing: `dry run: closed`. */
  readonly trials: readonly string[];
}

/** A service of the mesh. */
export interface ServiceNode extends Restriction {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly ports: readonly number[];
  readonly versions: readonly VersionNode[];
  /** Requests that are routed on their own: `end-user = jason: v2`. */
  readonly rules: readonly string[];
  /** `delay 7 s (end-user = jason)`, `abort 500 (100 %)`. */
  readonly faults: readonly string[];
  readonly mtls: 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'none';
}

/** Pods at the edge of the mesh and the Gateway objects that they serve. */
export interface GatewayNode extends Restriction {
  readonly id: string;
  /** `namespace/name` of the Gateway objects. */
  readonly names: readonly string[];
  /** Names by which routes bind to them. */
  readonly bound: readonly string[];
  readonly namespace: string;
  /** `HTTP 80: *` */
  readonly servers: readonly string[];
}

/** A host outside the mesh that it knows. */
export interface ExternalNode {
  readonly id: string;
  readonly host: string;
  readonly ports: readonly string[];
  /** `TLS by the proxies` */
  readonly notes: readonly string[];
}

/** Those who may call a host outside, where nobody says who does. */
export interface CallersNode {
  readonly id: string;
  /** `any service` */
  readonly text: string;
  /** Where they are; nothing for the whole mesh. */
  readonly namespace?: string;
}

/**
 * Why there is an edge: a gateway's route to a service or to a host outside, a call that is known, a policy that allows it, or a route
 * that leads elsewhere.
 */
export type EdgeKind = 'ingress' | 'egress' | 'call' | 'allowed' | 'route';

export interface TopologyEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** @default none */
  readonly label?: string;
  /** Whether a policy refuses the call. @default false */
  readonly denied?: boolean;
}

/** What a picture of a mesh shows. */
export interface Topology {
  readonly gateways: readonly GatewayNode[];
  readonly services: readonly ServiceNode[];
  readonly externals: readonly ExternalNode[];
  readonly callers: readonly CallersNode[];
  readonly edges: readonly TopologyEdge[];
}
