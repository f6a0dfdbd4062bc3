import { Construct } from 'constructs';
import { PEER_AUTHENTICATION, PeerAuthenticationMtls, PeerAuthenticationSpec } from '../istio/generated/peer-authentication';
import type { Selected } from '../istio/selector';
import { targeting } from '../istio/target';
import { PlacedProps, TargetedObject } from '../istio/targeted-object';
import { meshOf } from '../mesh/mesh';
import { portText } from './operation';

/** Whether pods take mutual TLS alone, plaintext too, or plaintext alone. */
export type MtlsMode = NonNullable<PeerAuthenticationMtls['mode']>;

/** Settings of {@link PeerAuthentication}. */
export interface PeerAuthenticationProps extends PlacedProps<PeerAuthenticationSpec> {
  /** Which callers the pods take: `STRICT` those with mesh identities, `PERMISSIVE` plaintext too. @default 'STRICT' */
  readonly mode?: MtlsMode;
  /** Pods that it is for. @default all of the namespace */
  readonly workload?: Selected;
  /** Modes of single ports that the pods listen on; needs `workload`. @default none */
  readonly ports?: Readonly<Record<number, MtlsMode>>;
}

/**
 * Whether pods take plaintext. The narrowest one counts: port, workload, namespace, mesh.
 * @see https://istio.io/latest/docs/reference/config/security/peer_authentication/
 */
export class PeerAuthentication extends TargetedObject<PeerAuthenticationSpec> {
  /** For the whole mesh: it goes into the mesh's root namespace. */
  static forMesh(scope: Construct, id: string, props: Omit<PeerAuthenticationProps, 'namespace' | 'workload' | 'ports'> = {}): PeerAuthentication {
    const mesh = props.mesh ?? meshOf(scope);
    return new PeerAuthentication(scope, id, { name: 'default', ...props, namespace: mesh?.rootNamespace ?? '' });
  }

  private readonly mode: MtlsMode;
  private readonly ports: Map<number, MtlsMode>;

  constructor(scope: Construct, id: string, props: PeerAuthenticationProps) {
    super(scope, id, PEER_AUTHENTICATION, props, props.workload);
    this.mode = props.mode ?? 'STRICT';
    this.ports = new Map(Object.entries(props.ports ?? {}).map(([port, mode]) => [Number(port), mode]));
  }

  /** Gives one port of the pods a mode of its own. */
  addPort(port: number, mode: MtlsMode): this {
    this.ports.set(port, mode);
    return this;
  }

  protected render(): PeerAuthenticationSpec {
    return {
      selector: targeting(this.target).selector,
      mtls: { mode: this.mode },
      portLevelMtls: this.ports.size > 0 ? Object.fromEntries([...this.ports].map(([port, mode]) => [portText(port), { mode }])) : undefined,
    };
  }
}
