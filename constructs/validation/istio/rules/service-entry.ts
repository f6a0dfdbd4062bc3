import type { ServiceEntrySpec } from '../../../istio/generated/service-entry';
import { child, Report } from '../finding';
import { checkHost, checkLabels, checkPort, checkPortName, checkProtocol, checkSelector, checkSubnet, DOCS, isHttp, isTls } from './common';
import { checkExportTo } from './export-to';
import { isIpAddress, isWildcard, whyNotFqdn } from './names';
import { checkWorkload } from './workload';

const SEE = `${DOCS}/networking/service-entry/`;
const AUTO_ALLOCATE = 'networking.istio.io/enable-autoallocate-ip';

/** What istiod's admission demands of a ServiceEntry beyond its schema. */
export function checkServiceEntry(spec: ServiceEntrySpec, report: Report, namespace: string): void {
  const resolution: string = spec.resolution ?? 'NONE';
  checkSelector(report, 'spec.workloadSelector', spec.workloadSelector?.labels, spec.workloadSelector !== undefined);
  if ((spec.hosts ?? []).length === 0) {
    bad(report, 'spec.hosts', undefined, 'a ServiceEntry names its hosts', 'Give `hosts`');
  }
  (spec.hosts ?? []).forEach((host, index) => {
    const field = child('spec.hosts', index);
    if (host !== '*') {
      checkHost(report, field, host);
    }
    if (host.includes('*') && host.length > 1 && !host.startsWith('*.') && resolution !== 'DYNAMIC_DNS') {
      report.warning('AI0402', field, { value: host, rule: 'a wildcard stands for whole parts of a host', mend: 'Write such as *.example.com', see: SEE });
    }
  });
  (spec.addresses ?? []).forEach((address, index) => checkSubnet(report, child('spec.addresses', index), address));
  checkPorts(spec, report, resolution);
  checkResolution(spec, report, resolution);
  if (resolution !== 'NONE' && (spec.hosts ?? []).length > 1) {
    const index = (spec.ports ?? []).findIndex(({ protocol }) => !isHttp(protocol) && !isTls(protocol));
    if (index >= 0) {
      bad(report, child('spec.ports', index), spec.ports![index]!.protocol, 'only HTTP and TLS tell which of several hosts is meant', 'Give each host a ServiceEntry of its own');
    }
  }
  checkExportTo(report, namespace, spec.exportTo, { nobody: true });
}

function checkPorts(spec: ServiceEntrySpec, report: Report, resolution: string): void {
  const names = new Set<string>();
  const allocated = isAllocated(spec, report, resolution);
  (spec.ports ?? []).forEach((port, index) => {
    const at = child('spec.ports', index);
    if (names.has(port.name)) {
      bad(report, child(at, 'name'), port.name, 'each port has a name of its own', 'Rename one of the ports');
    }
    names.add(port.name);
    if (port.targetPort) {
      checkPort(report, child(at, 'targetPort'), port.targetPort);
    }
    if ((spec.addresses ?? []).length === 0 && !allocated && ['', 'TCP'].includes(port.protocol ?? '')) {
      report.warning('AI0403', at, {
        value: port.protocol,
        rule: 'TCP does not say which host is meant: without an address the port is taken on every address',
        mend: 'Give `addresses`, or a protocol that names its host, such as TLS',
        see: SEE,
      });
    }
    checkPortName(report, child(at, 'name'), port.name);
    checkProtocol(report, child(at, 'protocol'), port.protocol);
    checkPort(report, child(at, 'number'), port.number);
  });
}

/** Whether istiod gives the hosts addresses of its own. */
function isAllocated(spec: ServiceEntrySpec, report: Report, resolution: string): boolean {
  const label = report.object.metadata.labels?.[AUTO_ALLOCATE];
  return resolution !== 'NONE' && (spec.addresses ?? []).length === 0 && label?.toLowerCase() !== 'false';
}

function checkResolution(spec: ServiceEntrySpec, report: Report, resolution: string): void {
  const endpoints = spec.endpoints ?? [];
  const ports = new Set((spec.ports ?? []).map(({ name }) => name));
  switch (resolution) {
    case 'NONE':
      if (spec.workloadSelector) {
        report.warning('AI0404', 'spec.workloadSelector', { rule: 'with resolution NONE no endpoints are looked for', mend: 'Set `resolution: STATIC`, or drop the selector', see: SEE });
      }
      return;
    case 'STATIC':
      endpoints.forEach((endpoint, index) => checkWorkload(endpoint, child('spec.endpoints', index), report, { ports, namesAllowed: false }));
      return;
    case 'DYNAMIC_DNS':
      checkDynamicDns(spec, report);
      return;
    default:
      checkDns(spec, report, ports);
  }
}

function checkDns(spec: ServiceEntrySpec, report: Report, ports: ReadonlySet<string>): void {
  const endpoints = spec.endpoints ?? [];
  const unresolvable = (spec.hosts ?? []).find((host) => whyNotFqdn(host));
  if (endpoints.length === 0 && unresolvable !== undefined) {
    bad(report, child('spec.hosts', spec.hosts.indexOf(unresolvable)), unresolvable, 'with resolution DNS and no endpoints the host itself is looked up', 'Write a whole DNS name, or give `endpoints`');
  }
  endpoints.forEach((endpoint, index) => {
    const at = child('spec.endpoints', index);
    const address = endpoint.address ?? '';
    if (!isIpAddress(address) && whyNotFqdn(address)) {
      bad(report, child(at, 'address'), endpoint.address, 'an endpoint is an IP address or a DNS name', 'Correct the address');
    }
    checkLabels(report, child(at, 'labels'), endpoint.labels);
    checkEndpointPorts(report, at, endpoint.ports, ports);
  });
  const clash = (spec.addresses ?? []).length > 0 && (spec.hosts ?? []).length > 1;
  const index = (spec.ports ?? []).findIndex(({ protocol }) => ['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql'].includes((protocol ?? '').toLowerCase()));
  if (clash && index >= 0) {
    report.warning('AI0405', child('spec.ports', index), {
      value: spec.ports![index]!.protocol,
      rule: 'several hosts that share addresses cannot be told apart on a TCP port',
      mend: 'Give each host a ServiceEntry of its own',
      see: SEE,
    });
  }
}

type Ports = Readonly<Record<string, number>>;

/** @param known names of the ServiceEntry's ports; any where it is left out */
export function checkEndpointPorts(report: Report, at: string, ports: Ports | undefined, known: ReadonlySet<string> | undefined): void {
  for (const name of Object.keys(ports ?? {})) {
    if (known && !known.has(name)) {
      bad(report, child(child(at, 'ports'), name), name, 'an endpoint has the ports of its ServiceEntry', `Write one of ${[...known].join(', ')}`);
    }
    if (name.length > 62) {
      checkPortName(report, child(child(at, 'ports'), name), name);
    }
  }
}

function checkDynamicDns(spec: ServiceEntrySpec, report: Report): void {
  const mend = 'Set `resolution: DNS`, or change it';
  (spec.hosts ?? []).forEach((host, index) => {
    if (!isWildcard(host)) {
      bad(report, child('spec.hosts', index), host, 'DYNAMIC_DNS is for wildcard hosts', mend);
    }
  });
  for (const name of ['addresses', 'endpoints'] as const) {
    if ((spec[name] ?? []).length > 0) {
      bad(report, child('spec', name), spec[name], `with DYNAMIC_DNS the request tells the address: \`${name}\` is refused`, mend);
    }
  }
  (spec.ports ?? []).forEach((port, index) => {
    if (!['http', 'tls'].includes((port.protocol ?? '').toLowerCase())) {
      bad(report, child(child('spec.ports', index), 'protocol'), port.protocol, 'DYNAMIC_DNS goes with HTTP and TLS', mend);
    }
  });
  if (spec.location === 'MESH_INTERNAL') {
    bad(report, 'spec.location', spec.location, 'DYNAMIC_DNS is for hosts outside the mesh', 'Drop `location`');
  }
}

function bad(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  report.error('AI0401', field, { value, rule, mend, see: SEE });
}
