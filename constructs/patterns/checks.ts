import { Token } from 'cdktf';
import type { Problem } from '../validation';

/** What a number has to be. */
interface Range {
  readonly min: number;
  /** @default no upper bound */
  readonly max?: number;
  /** Whether fractions are taken. @default false */
  readonly fractions?: boolean;
}

/** Envoy's and the rate limit service's numbers without a sign have 32 bits. */
export const UINT32 = 4_294_967_295;

/** Says where a number is none that is taken; what is left out, or known only when it is applied, passes. */
export function numberProblems(at: string, value: number | undefined, range: Range, rule: string, mend: string): Problem[] {
  if (value === undefined || Token.isUnresolved(value)) {
    return [];
  }
  const { min, max = Infinity, fractions } = range;
  const fits = (fractions ? Number.isFinite(value) : Number.isInteger(value)) && value >= min && value <= max;
  return fits ? [] : [{ at, value, rule, mend }];
}

/** Says where a number is no port. */
export function portProblems(at: string, value: number | undefined): Problem[] {
  return numberProblems(at, value, { min: 1, max: 65_535 }, 'a port is a whole number from 1 to 65535', 'Write the port that the pods listen on');
}

/** A target that may say its Service's ports. */
interface Listening {
  readonly ports?: readonly (number | { readonly port: number; readonly targetPort?: number })[];
}

/** Says where a pattern's port is none, or the Service's where the pods listen on another: no listener of a sidecar has it. */
export function listenerProblems(at: string, port: number | undefined, target: object): Problem[] {
  const { ports = [] } = target as Listening;
  const known = ports.flatMap((entry) => (typeof entry === 'object' ? [entry] : []));
  const meant = known.find((entry) => entry.port === port);
  const own = meant?.targetPort;
  if (own === undefined || own === port || known.some((entry) => (entry.targetPort ?? entry.port) === port)) {
    return portProblems(at, port);
  }
  return [{ at, value: port, rule: `the Service hands its port ${port} to port ${own} of the pods, and these listen there`, mend: `Write ${own}` }];
}
