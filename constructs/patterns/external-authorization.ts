import { Construct } from 'constructs';
import type { IMesh } from '../mesh/mesh';
import { AuthorizationPolicy } from '../security/authorization-policy';
import type { Operation } from '../security/operation';
import { throwOnProblems } from '../validation';
import { AuthorizationProvider, authorizationProvider } from './authorization-provider';
import { PatternTarget, targetOf } from './target';

/** Settings of {@link ExternalAuthorization}. */
export interface ExternalAuthorizationProps {
  /** Pods, or a gateway of the mesh or of the Gateway API, whose requests are asked about. */
  readonly on: PatternTarget;
  /** Name in the MeshConfig. */
  readonly provider: string;
  /** Requests that are asked about. @default every one */
  readonly to?: readonly Operation[];
  /** Paths that pass unasked. @default none */
  readonly exceptPaths?: readonly string[];
  /** Name of the policy. @default the target's and `-ext-authz` */
  readonly name?: string;
  /** The mesh that it is written for. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/**
 * Asks a service of yours whether a request may pass, before any other policy allows it.
 *
 * Proof: a request that the authoriser refuses is answered 403 (or what it says), one that it allows passes.
 * @see https://istio.io/latest/docs/tasks/security/authorization/authz-custom/
 */
export class ExternalAuthorization extends Construct {
  /**
   * The entry that belongs into the MeshConfig's `extensionProviders`.
   * @throws ProblemError with every field that istiod would refuse, or that the protocol does not have
   */
  static provider(provider: AuthorizationProvider): Readonly<Record<string, unknown>> {
    return authorizationProvider(provider);
  }

  /** The policy that has the proxies ask. */
  readonly policy: AuthorizationPolicy;

  /** @throws ProblemError where `to` and `exceptPaths` are both given */
  constructor(scope: Construct, id: string, props: ExternalAuthorizationProps) {
    super(scope, id);
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      props.to && props.exceptPaths
        ? [{ at: `${this.node.path}: exceptPaths`, value: props.exceptPaths, rule: 'requests are chosen by `to` or by `exceptPaths`', mend: 'Put notPaths into `to`' }]
        : [],
    );
    const { target, name } = targetOf(props.on);
    this.policy = new AuthorizationPolicy(this, 'Policy', {
      name: props.name ?? `${name}-ext-authz`,
      mesh: props.mesh,
      target,
      action: 'CUSTOM',
      provider: props.provider,
      rules: [{ to: props.to ?? (props.exceptPaths && [{ notPaths: props.exceptPaths }]) }],
    });
  }
}
