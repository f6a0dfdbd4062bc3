import type { StringMatch, VirtualServiceHttp, VirtualServiceHttpMatch } from '../../istio/generated';
import { isCatchAll } from '../simulate/route-match';
import { asksPresence } from '../simulate/string-match';
import { MESH } from '../simulate/virtual-services';

/** Characters of conditions, so that there is room for what follows from them. */
const LONGEST = 36;

/** Conditions of a route that sidecars ask; nothing where the route is for gateways alone. */
export function meshMatches(route: VirtualServiceHttp): readonly VirtualServiceHttpMatch[] | undefined {
  const all = route.match ?? [];
  const own = all.filter(({ gateways }) => !gateways?.length || gateways.includes(MESH));
  return all.length > 0 && own.length === 0 ? undefined : own;
}

/**
 * Whether a route takes whatever no earlier one has taken, whoever asks.
 * @param ports of the service that it is for
 */
export function takesEverything(matches: readonly VirtualServiceHttpMatch[], ports: readonly number[]): boolean {
  return (
    matches.length === 0 ||
    matches.some((match) => {
      const { sourceNamespace, sourceLabels = {} } = match;
      return isCatchAll(match) && !isAboutPort(match, ports) && !sourceNamespace && Object.keys(sourceLabels).length === 0;
    })
  );
}

/** A port that is the only one of a service is no condition. */
function isAboutPort({ port }: VirtualServiceHttpMatch, ports: readonly number[]): boolean {
  return port !== undefined && ports.some((other) => other !== port);
}

/** `end-user = jason, /reviews*` */
export function conditionsText(matches: readonly VirtualServiceHttpMatch[], ports: readonly number[]): string {
  const text = matches.map((match) => conditionOf(match, isAboutPort(match, ports))).join(' or ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function conditionOf(match: VirtualServiceHttpMatch, hasPort: boolean): string {
  const named = (members: Readonly<Record<string, StringMatch>> | undefined, mark = ''): string[] =>
    Object.entries(members ?? {}).map(([name, value]) => `${mark}${name} ${asksPresence(value) ? 'present' : `= ${matchText(value)}`}`);
  const conditions = [
    ...(match.uri && match.uri.prefix !== '/' ? [matchText(match.uri)] : []),
    ...(match.method ? [matchText(match.method)] : []),
    ...(match.authority ? [`host ${matchText(match.authority)}`] : []),
    ...(match.scheme ? [`scheme ${matchText(match.scheme)}`] : []),
    ...named(match.headers),
    ...named(match.withoutHeaders, 'not '),
    ...named(match.queryParams, '?'),
    ...Object.entries(match.sourceLabels ?? {}).map(([label, value]) => `from ${label}=${value}`),
    ...(match.sourceNamespace ? [`from ${match.sourceNamespace}`] : []),
    ...(hasPort ? [`port ${match.port}`] : []),
  ];
  return conditions.join(', ') || 'any';
}

/** `/a`, `/a*`, `~/a|/b` */
export function matchText(match: StringMatch): string {
  return match.exact ?? (match.prefix === undefined ? `~${match.regex ?? ''}` : `${match.prefix}*`);
}
