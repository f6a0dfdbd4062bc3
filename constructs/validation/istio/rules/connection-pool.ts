import { parseDuration } from '../duration';
import { child, Report } from '../finding';
import { checkDuration, checkRange, DOCS } from './common';
import type { TrafficPolicy } from './destination-rule';

const SEE = `${DOCS}/networking/destination-rule/#ConnectionPoolSettings`;

/** Limits of connections and of requests on them. */
export function checkConnectionPool(pool: TrafficPolicy['connectionPool'], at: string, report: Report): void {
  if (!pool) {
    return;
  }
  const { http, tcp } = pool;
  if (!http && !tcp) {
    report.error('AI0211', at, { rule: 'a connection pool limits something', mend: 'Give `tcp` or `http`, or drop it', see: SEE });
  }
  if (http) {
    const field = child(at, 'http');
    for (const name of ['http1MaxPendingRequests', 'http2MaxRequests', 'maxRequestsPerConnection', 'maxRetries', 'maxConcurrentStreams'] as const) {
      checkRange(report, child(field, name), http[name], 0);
    }
    checkDuration(report, child(field, 'idleTimeout'), http.idleTimeout);
    // Of Istio 1.31, as the schema says to others.
    const { http2KeepAlive } = http as { readonly http2KeepAlive?: { readonly interval?: string; readonly timeout?: string } };
    if (http2KeepAlive && !(http2KeepAlive.interval && http2KeepAlive.timeout)) {
      report.error('AI0221', child(field, 'http2KeepAlive'), {
        value: http2KeepAlive,
        rule: 'pings have both an interval and a time to wait for the answer',
        mend: 'Give `interval` and `timeout`',
        see: SEE,
      });
    }
    if (http.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol) {
      report.error('AI0212', field, {
        rule: 'a connection cannot both keep the client’s protocol and be upgraded to HTTP/2',
        mend: 'Drop `useClientProtocol`, or `h2UpgradePolicy: UPGRADE`',
        see: SEE,
      });
    }
  }
  if (tcp) {
    const field = child(at, 'tcp');
    checkRange(report, child(field, 'maxConnections'), tcp.maxConnections, 0);
    for (const name of ['connectTimeout', 'maxConnectionDuration'] as const) {
      checkDuration(report, child(field, name), tcp[name]);
    }
    // 0s switches the timeout off.
    if (parseDuration(tcp.idleTimeout ?? '0') !== 0) {
      checkDuration(report, child(field, 'idleTimeout'), tcp.idleTimeout);
    }
    checkDuration(report, `${field}.tcpKeepalive.time`, tcp.tcpKeepalive?.time);
    checkDuration(report, `${field}.tcpKeepalive.interval`, tcp.tcpKeepalive?.interval);
  }
}
