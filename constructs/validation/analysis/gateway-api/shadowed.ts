import { namespaceOf } from '../../../model/object';
import { child } from '../../istio/finding';
import { fullName } from '../scope';
import { GatewayObjects, kindOf, Route, SEE } from './routes';

const PRECEDENCE = `${SEE}reference/spec/#httprouterule`;

/** Routes of one parent that match the same requests: the older object takes them all, or in one object the earlier rule. */
export function analyzeShadowed(objects: GatewayObjects): void {
  const seen = new Map<string, { readonly route: Route; readonly at: string }>();
  for (const route of objects.routes.filter(({ kind }) => kind === 'HTTPRoute' || kind === 'GRPCRoute')) {
    (route.spec?.rules ?? []).forEach((rule, index) => {
      const matches = rule.matches?.length ? rule.matches : [undefined];
      matches.forEach((match, number) => {
        const at = match ? `spec.rules[${index}].matches[${number}]` : child('spec.rules', index);
        const keys = keysOf(route, match);
        const earlier = keys.map((key) => seen.get(key)).find((found) => found !== undefined);
        // Of two objects with one name only one is there in the end.
        if (earlier && (earlier.route === route || fullName(earlier.route) !== fullName(route))) {
          shadowed(objects, route, at, earlier);
        }
        keys.forEach((key) => seen.set(key, seen.get(key) ?? { route, at }));
      });
    });
  }
}

function keysOf(route: Route, match: object | undefined): string[] {
  const hosts = route.spec?.hostnames?.length ? route.spec.hostnames : ['*'];
  return (route.spec?.parentRefs ?? []).flatMap((ref) => {
    const parent = `${kindOf(ref)}/${ref.namespace ?? namespaceOf(route)}/${ref.name}/${ref.sectionName ?? ''}/${ref.port ?? ''}`;
    // A route for callers of one namespace is not one for those of another.
    const consumer = kindOf(ref) === '/Service' ? namespaceOf(route) : '';
    return hosts.map((host) => JSON.stringify([route.kind, parent, consumer, host, canonical(match)]));
  });
}

/** The same text for the same match, whatever the order of its members, and with what is meant where nothing is said. */
function canonical(match: object | undefined): unknown {
  const { path, headers = [], queryParams = [], method } = (match ?? {}) as Record<string, never> & { headers?: object[]; queryParams?: object[] };
  const sorted = (items: object[]): string[] => items.map((item) => JSON.stringify({ type: 'Exact', ...item }, Object.keys({ type: '', ...item }).sort())).sort();
  return [{ type: 'PathPrefix', value: '/', ...(path as object | undefined) }, sorted(headers), sorted(queryParams), method ?? null].map((part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.entries(part).sort() : part,
  );
}

function shadowed({ scope }: GatewayObjects, route: Route, field: string, earlier: { readonly route: Route; readonly at: string }): void {
  const other = earlier.route === route ? earlier.at : `${fullName(earlier.route)} ${earlier.at}`;
  scope.add('AI2122', 'warning', route, field, {
    rule: `${other} is for the same requests, and ${earlier.route === route ? 'comes first' : 'of two routes the older one takes them'}`,
    mend: 'Join the two, or let them match different requests',
    see: PRECEDENCE,
  });
}
