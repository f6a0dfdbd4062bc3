import { child, Report } from '../finding';
import { checkPort, DOCS } from './common';
import type { HttpRoute } from './http-route';

const KIB = 1024;
const REDIRECTS = [301, 302, 303, 307, 308];
const SEE_REDIRECT = `${DOCS}/networking/virtual-service/#HTTPRedirect`;

/** `redirect`: the client is sent elsewhere. */
export function checkRedirect(redirect: HttpRoute['redirect'], at: string, report: Report): void {
  if (!redirect) {
    return;
  }
  const bad = (field: string, value: unknown, rule: string, mend: string): void =>
    report.error('AI0133', field, { value, rule, mend, see: SEE_REDIRECT });
  // Of Istio 1.31; the schema says so where the version has it not.
  const { prefixRewrite } = redirect as { readonly prefixRewrite?: string };
  if (prefixRewrite && redirect.uri) {
    bad(child(at, 'prefixRewrite'), prefixRewrite, 'a path is replaced as a whole or from its start, not both', 'Drop `uri` or `prefixRewrite`');
    return;
  }
  const { uri, authority, derivePort } = redirect;
  if (!uri && !prefixRewrite && !authority && !redirect.scheme && redirect.port === undefined && derivePort === undefined) {
    bad(at, redirect, 'a redirect changes something', 'Give another path, host, scheme or port');
    return;
  }
  const { redirectCode: code, scheme, port } = redirect;
  if (code && (code < 300 || code > 399)) {
    bad(child(at, 'redirectCode'), code, 'a redirect is answered by a status from 300 to 399', 'Write 301, 302, 303, 307 or 308');
  } else if (code && !REDIRECTS.includes(code)) {
    report.warning('AI0133', child(at, 'redirectCode'), {
      value: code,
      rule: 'the proxies know no redirect by this status, and istiod drops the route',
      mend: 'Write 301, 302, 303, 307 or 308',
      see: SEE_REDIRECT,
    });
  }
  if (scheme && scheme !== 'http' && scheme !== 'https') {
    bad(child(at, 'scheme'), scheme, 'a redirect leads to http or https', 'Write `http` or `https`');
  }
  if (port) {
    checkPort(report, child(at, 'port'), port);
  }
}

/** `directResponse`: the proxy answers itself. */
export function checkDirectResponse(response: HttpRoute['directResponse'], at: string, report: Report): void {
  if (!response) {
    return;
  }
  if (sizeOf(response) > KIB * KIB) {
    report.error('AI0134', child(at, 'body'), { rule: 'the answer of a proxy has 1 MiB at most', mend: 'Serve it from a workload' });
  }
  checkStatus(report, child(at, 'status'), response.status);
}

/** Warns of an answer that is allowed, but costly. */
export function checkAnswerSize(response: HttpRoute['directResponse'], at: string, report: Report): void {
  const bytes = response ? sizeOf(response) : 0;
  if (bytes > 100 * KIB && bytes <= KIB * KIB) {
    report.warning('AI0134', child(at, 'body'), { rule: 'an answer above 100 KiB burdens the control plane, which sends it to every proxy', mend: 'Serve it from a workload' });
  }
}

function sizeOf({ body }: NonNullable<HttpRoute['directResponse']>): number {
  return Buffer.byteLength(body?.string ?? '') + Math.floor(((body?.bytes ?? '').length * 3) / 4);
}

/** A status of HTTP. istiod takes 600 too, though its message says otherwise; the proxies refuse it. */
export function checkStatus(report: Report, field: string, status: number | undefined): void {
  if (status === undefined || !(Number.isInteger(status) && status >= 200 && status < 600)) {
    report.add('AI0135', status === 600 ? 'warning' : 'error', field, { value: status, rule: 'a status of HTTP is from 200 to 599', mend: 'Give such as 503' });
  }
}
