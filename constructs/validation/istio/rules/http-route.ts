import type { VirtualServiceSpec } from '../../../istio/generated/virtual-service';
import { child, Report } from '../finding';
import { checkDuration, checkPercentage, DOCS } from './common';
import { checkCors } from './cors';
import { checkDestination, checkWeights } from './destination';
import { checkFault } from './fault';
import { checkHeaders, isAuthority } from './headers';
import { checkHttpMatch } from './http-match';
import { checkAnswerSize, checkDirectResponse, checkRedirect } from './http-answer';
import { checkRetries } from './retries';
import { checkRewrite } from './rewrite';

export type HttpRoute = NonNullable<VirtualServiceSpec['http']>[number];

const SEE = `${DOCS}/networking/virtual-service/#HTTPRoute`;

/** A route of `http`. @param delegate the VirtualService has no hosts */
export function checkHttpRoute(route: HttpRoute, at: string, report: Report, delegate: boolean): void {
  checkConflicts(route, at, report, delegate);
  (route.match ?? []).forEach((match, index) => checkHttpMatch(match, child(child(at, 'match'), index), report));
  checkHeaders(report, child(at, 'headers'), route.headers);
  (route.route ?? []).forEach((destination, index) => checkHeaders(report, child(child(child(at, 'route'), index), 'headers'), destination.headers));
  checkCors(route.corsPolicy, child(at, 'corsPolicy'), report);
  checkFault(route.fault, child(at, 'fault'), report);
  checkMirrors(route, at, report);
  checkRedirect(route.redirect, child(at, 'redirect'), report);
  checkDirectResponse(route.directResponse, child(at, 'directResponse'), report);
  checkAnswerSize(route.directResponse, child(at, 'directResponse'), report);
  checkRetries(route.retries, child(at, 'retries'), report);
  checkRewrite(route.rewrite, child(at, 'rewrite'), report);
  checkAuthorities(route, at, report);
  checkWeights(report, child(at, 'route'), route.route);
  checkDuration(report, child(at, 'timeout'), route.timeout);
}

function checkConflicts(route: HttpRoute, at: string, report: Report, delegate: boolean): void {
  const clash = (fields: readonly string[], rule: string, mend: string): void => report.error('AI0120', at, { value: fields, rule, mend, see: SEE });
  if (route.delegate && !delegate) {
    const given = [...((route.route ?? []).length > 0 ? ['route'] : []), ...(route.redirect ? ['redirect'] : [])];
    if (given.length > 0) {
      clash(['delegate', ...given], 'a route that delegates decides nothing itself', `Drop \`${given.join('` and `')}\`, or \`delegate\``);
    }
    return;
  }
  if (route.delegate) {
    clash(['delegate'], 'a delegate cannot delegate further', 'Give the route a destination, or `hosts` to the VirtualService');
  }
  const routed = (route.route ?? []).length > 0;
  const answer = route.redirect ? 'redirect' : route.directResponse ? 'directResponse' : undefined;
  if (answer) {
    const others = [
      ...(routed ? ['route'] : []),
      ...(['fault', 'rewrite'] as const).filter((name) => route[name] !== undefined),
      ...(route.redirect && route.directResponse ? ['directResponse'] : []),
    ];
    if (others.length > 0) {
      clash([answer, ...others], `a request that is answered by \`${answer}\` goes nowhere else`, `Drop \`${others.join('`, `')}\`, or \`${answer}\``);
    }
  } else if (!routed) {
    report.error('AI0121', at, {
      rule: 'a route says what happens to the request',
      mend: 'Give one of `route`, `redirect`, `directResponse` and `delegate`',
      see: SEE,
    });
  }
  if (route.mirror && (route.mirrors ?? []).length > 0) {
    clash(['mirror', 'mirrors'], '`mirror` and `mirrors` say the same thing', 'Keep `mirrors`');
  }
}

function checkMirrors(route: HttpRoute, at: string, report: Report): void {
  const old = route.mirrorPercent ?? route.mirror_percent;
  if (old !== undefined) {
    const field = child(at, route.mirrorPercent === undefined ? 'mirror_percent' : 'mirrorPercent');
    if (old > 100) {
      report.error('AI0035', field, { value: old, rule: 'a percentage is at most 100', mend: 'Give a percentage in that range' });
    }
    report.warning('AI0122', field, { value: old, rule: 'this field is deprecated', mend: `Write \`mirrorPercentage: {value: ${old}}\`` });
  }
  checkMirrorShare(report, child(at, 'mirrorPercentage'), route.mirrorPercentage);
  checkDestination(report, child(at, 'mirror'), route.mirror);
  (route.mirrors ?? []).forEach((mirror, index) => {
    const field = child(child(at, 'mirrors'), index);
    checkDestination(report, child(field, 'destination'), mirror.destination);
    checkMirrorShare(report, child(field, 'percentage'), mirror.percentage);
  });
}

function checkMirrorShare(report: Report, field: string, share: { readonly value?: number } | undefined): void {
  const value = share?.value ?? 0;
  if (value > 100 || value < 0) {
    checkPercentage(report, field, share);
  }
}

/** The host of a request may be changed by the rewrite or by headers. */
function checkAuthorities({ rewrite, headers }: HttpRoute, at: string, report: Report): void {
  const field = child(at, 'rewrite');
  const request = headers?.request;
  const authorities = [
    ...(rewrite?.authority ? [child(field, 'authority')] : []),
    ...(['set', 'add'] as const).flatMap((operation) =>
      Object.keys(request?.[operation] ?? {})
        .filter(isAuthority)
        .map((name) => child(child(`${at}.headers.request`, operation), name)),
    ),
  ];
  if (authorities.length > 1) {
    report.error('AI0124', authorities[1]!, { value: authorities, rule: 'the host of a request is set in one place', mend: 'Keep `rewrite.authority` alone' });
  }
}
