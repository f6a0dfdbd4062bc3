import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { EnvoyFilter, EnvoyHttpFilter } from '../istio/envoy-filter';
import type { IWorkload } from '../kubernetes/service';
import type { IMesh, MeshGateway } from '../mesh/mesh';
import { throwOnProblems } from '../validation';
import { listenerProblems } from './checks';

/** Whose proxies a pattern is for: pods, for what they are asked, or a gateway. */
export type PatternTarget = Pick<IWorkload, 'name' | 'namespace' | 'labels' | 'serviceAccountName'> | MeshGateway;

export interface FilterPatternProps {
  /** Pods whose inbound requests go through it, or a gateway of the mesh. */
  readonly on: PatternTarget;
  /** Port of the listener: the one that the pods or the gateway's pods listen on, not the Service's. @default every one */
  readonly port?: number;
  /** Name of the object. @default the target's and the pattern's */
  readonly name?: string;
  /** Mesh of the proxies. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/** Above Istio's 0, so that filters of ours come after those of the installation. @see IST0151 */
export const PATTERN_PRIORITY = 10;

export function isGateway(target: PatternTarget): target is MeshGateway {
  return 'selector' in target;
}

/** Where a pattern's objects live, whom they select, and how the target is called. */
export function placeOf(target: PatternTarget): Pick<IWorkload, 'name' | 'namespace' | 'labels'> {
  return isGateway(target)
    ? { namespace: target.namespace, labels: target.selector, name: target.serviceName }
    : { namespace: target.namespace, labels: target.labels, name: target.name };
}

/** An EnvoyFilter for a target, without patches yet. */
export function filterFor(scope: Construct, pattern: string, props: FilterPatternProps): EnvoyFilter {
  const { namespace, labels, name } = placeOf(props.on);
  return new EnvoyFilter(scope, 'Filter', {
    name: props.name ?? `${name}-${pattern}`,
    namespace,
    mesh: props.mesh,
    workload: { labels },
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
  return isGateway(target) ? 'GATEWAY' : 'SIDECAR_INBOUND';
}

/** A share as Envoy writes it. @param percent 0 to 100, to four places */
export function fraction(percent: number): { readonly numerator: number; readonly denominator: string } {
  if (Token.isUnresolved(percent)) {
    // Whole percents, then.
    return { numerator: percent, denominator: 'HUNDRED' };
  }
  return { numerator: Math.round(percent * 10_000), denominator: 'MILLION' };
}
