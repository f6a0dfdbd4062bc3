import type { VirtualServiceSpec } from '../../istio/generated/virtual-service';
import { AnyObject, ModelObject } from '../../model/object';
import { parseDuration, showDuration } from '../istio/duration';
import { child } from '../istio/finding';
import { NETWORKING, Scope } from './scope';

type Route = NonNullable<VirtualServiceSpec['http']>[number];
type Match = NonNullable<Route['match']>[number];

const SEE = 'https://istio.io/latest/docs/concepts/traffic-management/#network-resilience-and-testing';

/** Timeouts, retries and faults that do not go together, and routes that an earlier one leaves nothing. */
export function analyzeTiming(scope: Scope): void {
  for (const service of scope.model.ofKind<VirtualServiceSpec>(NETWORKING, 'VirtualService')) {
    (service.spec?.http ?? []).forEach((route, index) => {
      const at = child('spec.http', index);
      checkTimeout(scope, service, route, at);
      checkFault(scope, service, route, at);
    });
    checkShadows(scope, service);
  }
}

function checkTimeout(scope: Scope, service: AnyObject, route: Route, at: string): void {
  const { attempts = 0, perTryTimeout } = route.retries ?? {};
  const timeout = parseDuration(route.timeout ?? '') ?? 0;
  const each = parseDuration(perTryTimeout ?? '') ?? 0;
  // The first try is none of the retries.
  const whole = (attempts + 1) * each;
  if (timeout > 0 && each > 0 && attempts > 0 && whole > timeout) {
    scope.add('AI2040', 'warning', service, child(at, 'timeout'), {
      value: route.timeout,
      rule: `a try and ${attempts} ${attempts === 1 ? 'retry' : 'retries'} of ${perTryTimeout} each take ${showDuration(whole)}, and the request is given up before`,
      mend: `Give a timeout of ${showDuration(whole)} or more, or fewer or shorter retries`,
      see: SEE,
    });
  }
}

function checkFault(scope: Scope, service: AnyObject, route: Route, at: string): void {
  if (route.fault && (route.retries?.attempts ?? 0) > 0) {
    scope.add('AI2041', 'warning', service, child(at, 'retries'), {
      rule: 'retries do not see the faults of their own route: the fault comes before them, and its answer is final',
      mend: 'Inject the fault further down, in the service that is called next, to try the retries out',
      see: SEE,
    });
  }
  const delay = parseDuration(route.fault?.delay?.fixedDelay ?? '') ?? 0;
  const timeout = parseDuration(route.timeout ?? '') ?? 0;
  if (delay > 0 && timeout > 0 && delay >= timeout) {
    scope.add('AI2042', 'warning', service, child(at, 'timeout'), {
      value: route.timeout,
      rule: `the timeout of a route does not count its own delay of ${route.fault?.delay?.fixedDelay}: the request takes both`,
      mend: 'Set the timeout on the route of the caller, one hop before, to try it out',
      see: SEE,
    });
  }
}

/** Routes whose every match is taken by an earlier match that asks for the path alone. */
function checkShadows(scope: Scope, service: ModelObject<VirtualServiceSpec>): void {
  const routes = service.spec?.http ?? [];
  routes.forEach((route, index) => {
    const matches = route.match ?? [];
    if (matches.length === 0) {
      return;
    }
    const shadows = matches.map((match) => routes.slice(0, index).findIndex((earlier) => (earlier.match ?? []).some((one) => takesAll(one, match))));
    if (shadows.every((found) => found >= 0)) {
      const first = shadows[0]!;
      scope.add('AI2043', 'warning', service, child('spec.http', index), {
        rule: `no request gets here: ${child('spec.http', first)} comes first and takes every path of this one`,
        mend: 'Move the narrower route up',
        see: 'https://istio.io/latest/docs/ops/best-practices/traffic-management/',
      });
    }
  });
}

/** Whether a match by prefix alone takes an exact path below it, which Istio's own analysis does not look at. */
function takesAll(earlier: Match, later: Match): boolean {
  const prefix = earlier.uri?.prefix;
  const alone = Object.entries(earlier).every(([key, value]) => key === 'uri' || key === 'name' || value === undefined);
  if (prefix === undefined || !alone) {
    return false;
  }
  if (prefix === '/' || prefix === '') {
    return later.uri?.prefix === undefined || Object.keys(later).some((key) => key !== 'uri' && key !== 'name');
  }
  return later.uri?.exact?.startsWith(prefix) ?? (later.uri?.prefix?.startsWith(prefix) && Object.keys(later).some((key) => key !== 'uri' && key !== 'name')) ?? false;
}
