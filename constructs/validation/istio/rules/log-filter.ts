import { readCel } from '../cel-syntax';
import type { Report } from '../finding';
import { DOCS } from './common';

const SEE = `${DOCS}/telemetry/#AccessLogging-Filter`;
const ATTRIBUTES = 'https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes';
const CERTIFICATES = [
  'tls_version', 'subject_local_certificate', 'subject_peer_certificate', 'dns_san_local_certificate', 'dns_san_peer_certificate', 'uri_san_local_certificate',
  'uri_san_peer_certificate', 'sha256_peer_certificate_digest', 'transport_failure_reason',
];
/** What the proxies know of a request, and the members of each where all of them are known. */
const KNOWN: Readonly<Record<string, readonly string[] | undefined>> = {
  request: ['path', 'url_path', 'host', 'scheme', 'method', 'headers', 'referer', 'useragent', 'time', 'id', 'protocol', 'query', 'duration', 'size', 'total_size'],
  response: ['code', 'code_details', 'flags', 'grpc_status', 'headers', 'trailers', 'size', 'total_size', 'backend_latency'],
  source: ['address', 'port'],
  destination: ['address', 'port'],
  connection: ['mtls', 'id', 'requested_server_name', 'termination_details', ...CERTIFICATES],
  upstream: undefined,
  metadata: undefined,
  filter_state: undefined,
  upstream_filter_state: undefined,
  xds: undefined,
};

/** The filter of an access log: an expression of CEL over what the proxies know of a request. */
export function checkLogFilter(expression: string, field: string, report: Report): void {
  const reading = readCel(expression);
  if ('why' in reading) {
    report.error('AI1103', field, { value: expression, rule: `a filter is an expression of CEL: ${reading.why}`, mend: 'Write such as response.code >= 400', see: SEE });
    return;
  }
  for (const { root, member } of reading.attributes) {
    const members = KNOWN[root];
    const odd = !(root in KNOWN) ? root : members && member !== undefined && !members.includes(member) ? `${root}.${member}` : undefined;
    if (odd) {
      report.warning('AI1104', field, {
        value: odd,
        rule: 'the proxies know no such attribute, so the filter lets nothing through',
        mend: `Write one of ${members && root in KNOWN ? members.map((name) => `${root}.${name}`).join(', ') : Object.keys(KNOWN).join(', ')}`,
        see: ATTRIBUTES,
      });
    }
  }
}
