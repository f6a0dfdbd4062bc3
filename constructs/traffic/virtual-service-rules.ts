import { Token } from 'cdktf';
import type { Percentage } from '../istio/generated/common';
import type { VirtualServiceHttp, VirtualServiceSpec } from '../istio/generated/virtual-service';
import type { Problem } from '../validation';
import { durationProblems, percentageProblems } from './value-rules';

type At = (field: string) => string;

const ACTIONS = ['route', 'redirect', 'directResponse', 'delegate'] as const;

/**
 * The rules of Istio's admission for a VirtualService that its schema does not hold.
 * @param at gives the place of a field
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/
 */
export function virtualServiceProblems(spec: VirtualServiceSpec, at: At): Problem[] {
  const http = spec.http ?? [];
  const routes = [http, spec.tcp ?? [], spec.tls ?? []];
  return [
    ...(routes.every((list) => list.length === 0)
      ? [{ at: at('http'), rule: 'a VirtualService has at least one route', mend: 'Call addRoute, addTcpRoute or addTlsRoute' }]
      : []),
    ...meshWildcardProblems(spec, at),
    ...http.flatMap((route, index) => httpRouteProblems(route, (field) => at(`http[${index}]${field}`))),
    ...unreachableProblems(http, at),
    ...[spec.tcp ?? [], spec.tls ?? []].flatMap((list, kind) =>
      list.flatMap((route, index) => weightProblems(route.route ?? [], at(`${['tcp', 'tls'][kind]}[${index}].route`))),
    ),
  ];
}

function httpRouteProblems(route: VirtualServiceHttp, at: At): Problem[] {
  const actions = ACTIONS.filter((action) => route[action] !== undefined);
  const percentages: [string, Percentage | undefined][] = [
    ['.fault.delay.percentage', route.fault?.delay?.percentage],
    ['.fault.abort.percentage', route.fault?.abort?.percentage],
    ['.mirrorPercentage', route.mirrorPercentage],
    ...(route.mirrors ?? []).map((mirror, index): [string, Percentage | undefined] => [`.mirrors[${index}].percentage`, mirror.percentage]),
  ];
  const durations: [string, string | undefined][] = [
    ['.timeout', route.timeout],
    ['.fault.delay.fixedDelay', route.fault?.delay?.fixedDelay],
    ['.retries.perTryTimeout', route.retries?.perTryTimeout],
    ['.retries.backoff', route.retries?.backoff],
    ['.corsPolicy.maxAge', route.corsPolicy?.maxAge],
  ];
  return [
    ...actionProblems(actions, route, at),
    ...weightProblems(route.route ?? [], at('.route')),
    ...percentages.flatMap(([field, value]) => percentageProblems(value?.value, at(`${field}.value`))),
    ...durations.flatMap(([field, value]) => durationProblems(value, at(field))),
    ...abortProblems(route, at),
    ...retryProblems(route, at),
    ...(route.mirror && route.mirrors
      ? [{ at: at('.mirror'), rule: 'a route has `mirror` or `mirrors`', mend: 'Put both targets into `mirrors`' }]
      : []),
  ];
}

function actionProblems(actions: readonly string[], route: VirtualServiceHttp, at: At): Problem[] {
  if (actions.length !== 1) {
    return [
      {
        at: at(''),
        value: actions.length > 0 ? actions : undefined,
        rule: 'a route has exactly one of route, redirect, directResponse and delegate',
        mend: actions.length > 0 ? 'Split it into several routes' : 'Say where it goes with `to`',
      },
    ];
  }
  const excluded = actions[0] === 'redirect' || actions[0] === 'directResponse' ? (['fault', 'rewrite'] as const).filter((field) => route[field] !== undefined) : [];
  return excluded.map((field) => ({ at: at(`.${field}`), rule: `a route with ${actions[0]} has no ${field}`, mend: `Leave ${field} out` }));
}

/** Istio takes any weights whose sum is more than nothing. */
function weightProblems(destinations: readonly { readonly weight?: number }[], at: string): Problem[] {
  const weights = destinations.map(({ weight }) => weight ?? 0);
  if (weights.some((weight) => Token.isUnresolved(weight))) {
    return [];
  }
  const negative = weights.flatMap((weight, index) =>
    Number.isInteger(weight) && weight >= 0
      ? []
      : [{ at: `${at}[${index}].weight`, value: weight, rule: 'a weight is a whole number, 0 or more', mend: 'Give whole weights; only their proportion counts' }],
  );
  const nothing = destinations.length > 1 && weights.every((weight) => weight === 0);
  return nothing
    ? [{ at, value: weights, rule: 'the weights of several destinations add up to more than 0', mend: 'Give the destinations weights, such as 90 and 10' }]
    : negative;
}

function abortProblems(route: VirtualServiceHttp, at: At): Problem[] {
  const status = route.fault?.abort?.httpStatus;
  if (status === undefined || Token.isUnresolved(status) || (status >= 200 && status <= 599)) {
    return [];
  }
  return [{ at: at('.fault.abort.httpStatus'), value: status, rule: 'a fault answers with an HTTP status between 200 and 599', mend: 'Give such a status' }];
}

function retryProblems(route: VirtualServiceHttp, at: At): Problem[] {
  const { attempts, ...others } = route.retries ?? {};
  const pointless = attempts === 0 ? Object.entries(others).filter(([, value]) => value !== undefined) : [];
  const negative = attempts !== undefined && !Token.isUnresolved(attempts) && !(Number.isInteger(attempts) && attempts >= 0);
  return [
    ...(negative ? [{ at: at('.retries.attempts'), value: attempts, rule: 'attempts are a whole number, 0 or more', mend: 'Give 0 for no retries' }] : []),
    ...pointless.map(([field]) => ({ at: at(`.retries.${field}`), rule: 'retries with 0 attempts have no other settings', mend: `Leave ${field} out` })),
  ];
}

function unreachableProblems(http: readonly VirtualServiceHttp[], at: At): Problem[] {
  const open = http.findIndex((route) => route.match === undefined || route.match.length === 0);
  return open < 0
    ? []
    : http.slice(open + 1).map((_route, index) => ({
        at: at(`http[${open + 1 + index}]`),
        rule: `routes are tried in order, and http[${open}] takes every request`,
        mend: 'Add it before the route without a match, or give that one a match',
        see: 'IST0130',
      }));
}

function meshWildcardProblems(spec: VirtualServiceSpec, at: At): Problem[] {
  const onMesh = !spec.gateways || spec.gateways.includes('mesh');
  const index = spec.hosts?.indexOf('*') ?? -1;
  return onMesh && index >= 0
    ? [{ at: at(`hosts[${index}]`), value: '*', rule: 'sidecars route named hosts only', mend: 'Name the hosts, or give the gateways that it is for' }]
    : [];
}
