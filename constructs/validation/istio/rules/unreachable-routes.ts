import type { VirtualServiceSpec } from '../../../istio/generated/virtual-service';
import { child, Report } from '../finding';
import { DOCS } from './common';

type HttpMatch = NonNullable<NonNullable<NonNullable<VirtualServiceSpec['http']>[number]['match']>[number]>;
type StringMatch = HttpMatch['method'];

interface Route {
  readonly name?: string;
  readonly match?: readonly object[];
}

/** A match by prefix, with all else that it demands. */
interface PrefixMatch {
  readonly field: string;
  readonly route: string;
  readonly prefix: string;
  readonly match: HttpMatch;
}

const SEE = `${DOCS}/analysis`;

/** Routes that no request gets to, since earlier ones take all of theirs: what `istioctl analyze` calls IST0130 and IST0131. */
export function checkUnreachableRoutes(spec: VirtualServiceSpec, report: Report): void {
  checkList(spec.http ?? [], 'spec.http', report);
  checkList(spec.tcp ?? [], 'spec.tcp', report);
  checkList(spec.tls ?? [], 'spec.tls', report);
  checkPrefixes(spec, report);
}

function checkList(routes: readonly Route[], at: string, report: Report): void {
  const seen = new Map<string, number>();
  let catchAll: number | undefined;
  routes.forEach((route, index) => {
    const field = child(at, index);
    const matches = route.match ?? [];
    if (matches.length === 0) {
      if (catchAll !== undefined) {
        unreachable(report, field, `${nameOf(routes, catchAll)} has no match either, and comes first`);
      }
      catchAll = index;
      return;
    }
    let duplicates = 0;
    matches.forEach((match, number) => {
      if (catchAll !== undefined) {
        unreachable(report, child(child(field, 'match'), number), `${nameOf(routes, catchAll)} has no match, takes every request, and comes first`);
        return;
      }
      const key = keyOf(match);
      const first = seen.get(key);
      if (first === undefined) {
        seen.set(key, index);
        return;
      }
      duplicates += 1;
      ineffective(report, child(child(field, 'match'), number), `${nameOf(routes, first)} matches the same requests, and comes first`);
    });
    if (duplicates === matches.length) {
      unreachable(report, field, 'earlier routes match all that it matches');
    }
  });
}

function checkPrefixes(spec: VirtualServiceSpec, report: Report): void {
  const prefixes: PrefixMatch[] = (spec.http ?? []).flatMap((route, index) =>
    (route.match ?? []).flatMap((match, number) =>
      match.uri?.prefix ? [{ field: `spec.http[${index}].match[${number}]`, route: nameOf(spec.http!, index), prefix: match.uri.prefix, match }] : [],
    ),
  );
  // A match that repeats an earlier one has been reported already.
  const seen = new Set<string>();
  const distinct = prefixes.filter(({ match }) => !seen.has(keyOf(match)) && seen.add(keyOf(match)));
  distinct.forEach((first, index) =>
    distinct.slice(index + 1).forEach((later) => {
      if (first.prefix !== later.prefix && later.prefix.startsWith(first.prefix) && demandsNoMore(first.match, later.match)) {
        ineffective(report, later.field, `${first.route} matches the prefix ${first.prefix}, and comes first`);
      }
    }),
  );
}

/** Whether, apart from the path, the first match takes what the second takes, as far as Istio looks into it. */
function demandsNoMore(first: HttpMatch, second: HttpMatch): boolean {
  return (
    (first.port ?? 0) === (second.port ?? 0) &&
    textOf(first.method, 'exact:GET').startsWith(textOf(second.method, 'exact:GET')) &&
    textOf(first.authority).startsWith(textOf(second.authority)) &&
    (['headers', 'queryParams', 'withoutHeaders'] as const).every((part) => {
      const [one, other] = [first[part] ?? {}, second[part] ?? {}];
      return (
        Object.keys(one).length === Object.keys(other).length &&
        Object.entries(one).every(([name, value]) => other[name] !== undefined && textOf(value).startsWith(textOf(other[name])))
      );
    })
  );
}

function textOf(match: StringMatch, otherwise = ''): string {
  return match?.exact ? `exact:${match.exact}` : match?.prefix ? `prefix:${match.prefix}` : otherwise;
}

/** The same text for the same match, whatever the order of its members; names do not count. */
function keyOf(match: object): string {
  return JSON.stringify(sorted({ ...match, name: undefined }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, member]) => [key, sorted(member)]),
    );
  }
  return value;
}

function nameOf(routes: readonly Route[], index: number): string {
  const name = routes[index]?.name;
  return name ? `route \`${name}\`` : `route ${index + 1}`;
}

function unreachable(report: Report, field: string, why: string): void {
  report.warning('IST0130', field, { rule: `no request gets here: ${why}`, mend: 'Move it up, or drop it', see: `${SEE}/ist0130/` });
}

function ineffective(report: Report, field: string, why: string): void {
  report.add('IST0131', 'info', field, { rule: `this match takes nothing: ${why}`, mend: 'Move it up, or drop it', see: `${SEE}/ist0131/` });
}
