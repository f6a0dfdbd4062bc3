import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { EnvoyFilter, EnvoyHttpFilter } from '../istio/envoy-filter';
import { isReferred, PolicyTarget, Referred } from '../istio/target';
import type { IWorkload } from '../kubernetes/service';
import type { IMesh, MeshGateway } from '../mesh/mesh';
import { throwOnProblems } from '../validation';
import { listenerProblems } from './checks';

/** Whose proxies a pattern is for: pods, for what they are asked, or a gateway, of the mesh or of the Gateway API (a KubernetesGateway). */
export type PatternTarget =
  | Pick<IWorkload, 'name' | 'namespace' | 'labels' | 'serviceAccountName'>
  | MeshGateway
  | (Referred & Pick<IWorkload, 'name' | 'namespace' | 'serviceAccountName'>);

/** What the patterns that are one filter have in common. */
export interface FilterPatternProps {
  /** Pods whose inbound requests go through it, or a gateway. */
  readonly on: PatternTarget;
  /** Port of the listener: the one that the pods or the gateway's pods listen on, not the Service's. @default every one */
  readonly port?: number;
  /** Name of the object. @default the target's and the pattern's */
  readonly name?: string;
  /** The mesh that it is written for. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/** Above Istio's 0, so that filters of ours come after those of the installation. @see IST0151 */
export const PATTERN_PRIORITY = 10;

/** What a pattern's objects are for, and how that is called. */
export function targetOf(target: PatternTarget): { readonly target: PolicyTarget; readonly name: string } {
  return { target, name: 'selector' in target ? target.serviceName : target.name };
}

/** An EnvoyFilter for a target, without patches yet. */
export function filterFor(scope: Construct, pattern: string, props: FilterPatternProps): EnvoyFilter {
  const { target, name } = targetOf(props.on);
  return new EnvoyFilter(scope, 'Filter', {
    name: props.name ?? `${name}-${pattern}`,
    mesh: props.mesh,
    target,
    priority: PATTERN_PRIORITY,
  });
}

/**
 * A pattern that is one HTTP filter.
 * @throws ProblemError where `port` is none that the proxies listen on
 */
export function addFilter(scope: Construct, pattern: string, props: FilterPatternProps, filter: EnvoyHttpFilter): EnvoyFilter {
  throwOnProblems(`${scope.node.path} cannot be created:`, listenerProblems(`${scope.node.path}: port`, props.port, props.on));
  return filterFor(scope, pattern, props).addHttpFilter(filter, { context: contextOf(props.on), port: props.port });
}

export function contextOf(target: PatternTarget): 'GATEWAY' | 'SIDECAR_INBOUND' {
  return 'selector' in target || isReferred(target) ? 'GATEWAY' : 'SIDECAR_INBOUND';
}

/** A share as Envoy writes it. @param percent 0 to 100, to four places */
export function fraction(percent: number): { readonly numerator: number; readonly denominator: string } {
  if (Token.isUnresolved(percent)) {
    // Whole percents, then.
    return { numerator: percent, denominator: 'HUNDRED' };
  }
  return { numerator: Math.round(percent * 10_000), denominator: 'MILLION' };
}
