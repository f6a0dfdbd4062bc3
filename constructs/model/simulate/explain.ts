import { showPercent } from './outcome';
import { longestWait } from './route-action';
import type { HeaderChanges, Simulation, Source } from './simulation';

/** One line of an explanation: what it is about, and the text. */
export type ExplanationLine = readonly [label: string, text: string];

/** A simulation in words, for people: each line with its label; a line without a label goes on with the one before. */
export function explain(simulation: Simulation): ExplanationLine[] {
  const { call, route, fault, timeoutSeconds, retries, rewrite, redirect, directResponse, policy, mtls } = simulation;
  const via = call.gateway ? ` through gateway ${call.gateway}` : '';
  const lines: ExplanationLine[] = [['request', `${requestLine(simulation)} from ${call.from}${via} (port ${call.port})`]];
  const headers = Object.entries(call.headers);
  if (headers.length > 0) {
    lines.push(['', headers.map(([name, value]) => `${name}: ${value}`).join(', ')]);
  }
  lines.push(['answer', answerOf(simulation)]);
  if (route) {
    lines.push(['route', `${route.source ? placeOf(route.source) : route.name}`], ['', `because ${route.why}`]);
  }
  simulation.tried.forEach((text, index) => lines.push([index === 0 ? 'not' : '', text]));
  const { onward } = simulation;
  if (onward) {
    lines.push(['then', `${answerOf(onward)}, by the gateway's pods`]);
    if (onward.route) {
      lines.push(['', `${onward.route.source ? placeOf(onward.route.source) : onward.route.name}`], ['', `because ${onward.route.why}`]);
    }
  }
  const lost = isAborted(simulation) ? [] : simulation.destinations.filter((share) => !share.reached);
  for (const why of new Set(lost.map((share) => share.why))) {
    const shares = lost.filter((share) => share.why === why);
    const percent = shares.reduce((sum, share) => sum + share.percent, 0);
    const status = shares[0].status;
    lines.push(['lost', `${showPercent(percent)} ${status === undefined ? 'refused' : `answered ${status}`}: ${why}`]);
  }
  if (fault?.delay) {
    lines.push(['delay', `${fault.delay.seconds} s for ${showPercent(fault.delay.percent)}`]);
  }
  if (fault?.abort) {
    lines.push(['abort', `${fault.abort.status ?? fault.abort.grpcStatus} for ${showPercent(fault.abort.percent)}`]);
  }
  if (timeoutSeconds !== undefined) {
    lines.push(['timeout', `${timeoutSeconds} s`]);
  }
  if (retries) {
    const each = retries.perTryTimeoutSeconds === undefined ? '' : `, ${retries.perTryTimeoutSeconds} s each`;
    lines.push(['retries', `${retries.attempts}${each}, on ${retries.on}`]);
    const wait = longestWait(timeoutSeconds, retries);
    if (retries.perTryTimeoutSeconds !== undefined && wait !== undefined) {
      lines.push(['', `gives up after ${Number(wait.toFixed(3))} s at the latest, waits between tries aside`]);
    }
  }
  for (const mirror of simulation.mirrors) {
    lines.push(['mirror', `${showPercent(mirror.percent)} copied to ${mirror.versions.join(', ') || 'nobody'} of ${mirror.host}`]);
  }
  if (rewrite) {
    lines.push(['rewrite', [rewrite.path && `path ${rewrite.path}`, rewrite.authority && `host ${rewrite.authority}`].filter(Boolean).join(', ')]);
  }
  if (redirect) {
    lines.push(['redirect', `${redirect.status} to ${redirect.location}`]);
  }
  if (directResponse?.body !== undefined) {
    lines.push(['body', directResponse.body]);
  }
  const changes = [...showChanges('request', simulation.headers.request), ...showChanges('response', simulation.headers.response)];
  changes.forEach((text, index) => lines.push([index === 0 ? 'headers' : '', text]));
  if ((simulation.destinations.length > 0 && !isAborted(simulation)) || policy.source) {
    const said = lost.some((share) => share.why === policy.why);
    if (policy.asks && policy.source !== policy.asks) {
      lines.push(['asks', `${policy.provider ?? 'an external authoriser'} first, by ${policy.asks.title} ${policy.asks.field}: taken to allow it`]);
    }
    lines.push(['policy', said ? `${policy.verdict}, see above` : `${policy.verdict}: ${policy.why}`]);
    const maker = policy.source && makerOf(policy.source);
    if (maker) {
      lines.push(['', maker]);
    }
    policy.observed.forEach((title) => lines.push(['', `also matched, without effect: ${title}`]));
  }
  if (mtls) {
    lines.push(['mtls', `${mtls.client === 'mutual' ? 'mutual TLS' : mtls.client}${mtls.accepted ? '' : ', REFUSED'}: ${mtls.why}`]);
    if (mtls.identity) {
      lines.push(['', `the workload sees ${mtls.identity}`]);
    }
  }
  simulation.assumptions.forEach((text, index) => lines.push([index === 0 ? 'assumed' : '', text]));
  return lines;
}

/** Lines with their labels in a column. */
export function renderLines(lines: readonly ExplanationLine[], indent = ''): string {
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, text]) => `${indent}${label.padEnd(width)}  ${text}`.trimEnd()).join('\n');
}

/** `100 % v2` */
export function showShares(shares: Readonly<Record<string, number>>): string {
  const names = Object.entries(shares);
  return names.length === 0 ? 'nobody' : names.map(([name, percent]) => `${showPercent(percent)} ${name}`).join(', ');
}

/** What is sent, in a few words: TCP has neither methods nor paths. */
function requestLine({ call }: Simulation): string {
  const { protocol, scheme, method, authority, path } = call;
  return protocol === 'tcp' && scheme === 'http' ? `TCP connection to ${authority}` : `${method} ${scheme}://${authority}${path}`;
}

/** Whether a fault answers every request, so that nothing is sent. */
function isAborted({ outcome, fault }: Simulation): boolean {
  return outcome === 'answered' && fault?.abort?.percent === 100;
}

/** What becomes of a request, in one line. */
export function answerOf(simulation: Simulation): string {
  const { destinations, status, fault } = simulation;
  if (isAborted(simulation)) {
    return `${status ?? `gRPC ${fault?.abort?.grpcStatus}`} by the mesh: a fault aborts every request`;
  }
  if (destinations.length === 0) {
    return simulation.summary;
  }
  const sent = showShares(simulation.shares);
  const isRefused = status === undefined && destinations.every(({ reached }) => !reached);
  if (isRefused) {
    return `no answer${sent === 'nobody' ? '' : `; sent to ${sent}`}`;
  }
  return status === undefined ? sent : `${status} by the mesh${sent === 'nobody' ? '' : `; sent to ${sent}`}`;
}

function placeOf(source: Source): string {
  const maker = makerOf(source);
  return `${source.title} ${source.field}${maker ? `, ${maker}` : ''}`;
}

/** The construct or the file and line that an object comes from. */
function makerOf(source: Source): string | undefined {
  return source.place === source.title ? undefined : `made by ${source.place.replace(` (${source.title})`, '')}`;
}

function showChanges(which: string, changes: HeaderChanges): string[] {
  const shown = (verb: string, members: Readonly<Record<string, string>>): string[] =>
    Object.entries(members).map(([name, value]) => `${which}: ${verb} ${name}: ${value}`);
  return [...shown('set', changes.set), ...shown('add', changes.add), ...changes.remove.map((name) => `${which}: remove ${name}`)];
}
