import { child, Report } from '../finding';
import { checkPort, DOCS } from './common';
import type { HttpRoute } from './http-route';

const KIB = 1024;

/** `redirect`: the client is sent elsewhere. */
export function checkRedirect(redirect: HttpRoute['redirect'], at: string, report: Report): void {
  if (!redirect) {
    return;
  }
  const bad = (field: string, value: unknown, rule: string, mend: string): void =>
    report.error('AI0133', field, { value, rule, mend, see: `${DOCS}/networking/virtual-service/#HTTPRedirect` });
  if (!redirect.uri && !redirect.authority && !redirect.scheme && redirect.port === undefined && redirect.derivePort === undefined) {
    bad(at, redirect, 'a redirect changes something', 'Give `uri`, `authority`, `scheme`, `port` or `derivePort`');
    return;
  }
  const { redirectCode: code, scheme, port } = redirect;
  if (code && (code < 300 || code > 399)) {
    bad(child(at, 'redirectCode'), code, 'a redirect is answered by a status from 300 to 399', 'Write 301, 302, 303, 307 or 308');
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
  const body = response.body?.string ?? '';
  const bytes = Buffer.byteLength(body) + Math.floor(((response.body?.bytes ?? '').length * 3) / 4);
  if (bytes > KIB * KIB) {
    report.error('AI0134', child(at, 'body'), { rule: 'the answer of a proxy is smaller than 1 MiB', mend: 'Serve it from a workload' });
  } else if (bytes > 100 * KIB) {
    report.warning('AI0134', child(at, 'body'), { rule: 'an answer above 100 KiB burdens the control plane, which sends it to every proxy', mend: 'Serve it from a workload' });
  }
  checkStatus(report, child(at, 'status'), response.status);
}

/** A status of HTTP. istiod takes 600 too, though its message says otherwise. */
export function checkStatus(report: Report, field: string, status: number | undefined): void {
  if ((status ?? 0) < 200 || (status ?? 0) > 600) {
    report.error('AI0135', field, { value: status, rule: 'a status of HTTP is from 200 to 599', mend: 'Give such as 503' });
  }
}
