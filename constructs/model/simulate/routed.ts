import type { Destination } from '../../istio/generated';
import { deliver, Delivery, headlessNote, stickyBy, stickyNote, targetsOf } from './destinations';
import { answeredByMesh, Base, delivered, summarizeFault } from './outcome';
import { sourceOf } from './policy-scope';
import { authorityOf, faultOf, headerChanges, percentOf, redirectOf, retriesOf, rewrittenPath, timeoutOf } from './route-action';
import { fieldOf, RouteLine } from './route-table';
import type { PolicyVerdict, SimulatedMirror, Simulation } from './simulation';
import { showMatch } from './string-match';

/** Does with a request what the line of a route table says that took it. */
export function followRoute(base: Base, delivery: Delivery, line: RouteLine, port: number, gatewayPolicy: PolicyVerdict | undefined): Simulation {
  const { route, object } = line.placed;
  const { resolved } = delivery.call;
  const name = [route.name, line.match?.name].filter(Boolean).join('.');
  const matched = { name: name || fieldOf(line), source: sourceOf(object, fieldOf(line)), why: whyOf(line) };
  const placed = { ...base, route: matched };
  const headers = headerChanges(route.headers);
  const fault = faultOf(route);
  const policy = gatewayPolicy ? { policy: gatewayPolicy } : {};
  // Faults come before anything else that a route does.
  const abort = fault?.abort?.percent === 100 ? fault.abort : undefined;
  if (abort && (route.redirect || route.directResponse)) {
    return answeredByMesh(placed, 'answered', `${resolved.to}: ${summarizeFault(fault)}`, { status: abort.status, fault, ...policy });
  }
  if (route.redirect) {
    const redirect = redirectOf(route.redirect, resolved, port, line.match);
    return answeredByMesh(placed, 'redirected', `${resolved.to}: ${redirect.status} to ${redirect.location}`, {
      status: redirect.status,
      redirect,
      fault,
      headers,
      ...policy,
    });
  }
  if (route.directResponse) {
    const { status, body } = route.directResponse;
    const directResponse = { status, body: body?.string };
    return answeredByMesh(placed, 'answered', `${resolved.to}: the mesh itself answers ${status}`, {
      status,
      directResponse,
      fault,
      headers,
      ...policy,
    });
  }
  const { gatewayApi } = line.virtualService;
  const path = rewrittenPath(route, line.match, resolved.path, gatewayApi);
  const authority = route.rewrite?.authority || authorityOf(route.headers);
  const after: Delivery = {
    ...delivery,
    path: path ?? resolved.path,
    authority: authority ?? resolved.authority,
    headerChanges: headers.request,
    unresolved: gatewayApi ? 500 : 503,
  };
  const targets = targetsOf(route.route ?? []);
  const destinations = targets.flatMap((target) => {
    const own = authorityOf(target.headers);
    return deliver(own && !authority ? { ...after, authority: own } : after, target);
  });
  const sticky = targets.map((target) => stickyBy(delivery, target.destination)).find((by) => by !== undefined);
  const notes = [sticky && stickyNote(sticky), headlessNote(delivery, targets)].filter((note) => note !== undefined);
  const details = {
    fault,
    ...(abort ? {} : { timeoutSeconds: timeoutOf(route), retries: retriesOf(route), mirrors: mirrorsOf(after, line) }),
    headers,
    ...(path !== undefined || authority ? { rewrite: { path, authority } } : {}),
  };
  return delivered(
    { ...placed, assumptions: [...base.assumptions, ...notes] },
    destinations,
    details,
    gatewayPolicy,
  );
}

function mirrorsOf(delivery: Delivery, line: RouteLine): SimulatedMirror[] {
  const { route } = line.placed;
  const wanted: { readonly destination: Destination; readonly percent: number }[] = [
    ...(route.mirror
      ? [{ destination: route.mirror, percent: percentOf(route.mirrorPercentage, route.mirrorPercent ?? route.mirror_percent ?? 100) }]
      : []),
    ...(route.mirrors ?? []).map(({ destination, percentage }) => ({ destination, percent: percentOf(percentage, 100) })),
  ];
  return wanted
    .filter(({ percent }) => percent > 0)
    .map(({ destination, percent }) => {
      const copies = deliver(delivery, { destination, percent });
      const versions = [...new Set(copies.filter((share) => share.routable).map((share) => share.version))].sort();
      return { host: copies[0]?.host ?? destination.host, subset: destination.subset, versions, percent };
    });
}

/** Which conditions held. */
function whyOf(line: RouteLine): string {
  const { match } = line;
  const conditions = [
    ...(match?.uri ? [`path is ${showMatch(match.uri)}`] : []),
    ...(['method', 'authority', 'scheme'] as const).flatMap((field) => (match?.[field] ? [`${field} is ${showMatch(match[field])}`] : [])),
    ...Object.entries(match?.headers ?? {}).map(([name, value]) => `header ${name} is ${showMatch(value)}`),
    ...Object.entries(match?.withoutHeaders ?? {}).map(([name, value]) => `header ${name} is not ${showMatch(value)}`),
    ...Object.entries(match?.queryParams ?? {}).map(([name, value]) => `query parameter ${name} is ${showMatch(value)}`),
  ];
  return conditions.length > 0 ? conditions.join(' and ') : 'it takes every request';
}
