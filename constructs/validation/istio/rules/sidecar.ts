import type { SidecarSpec } from '../../../istio/generated/sidecar';
import { child, Report } from '../finding';
import { checkFqdn, checkIp, checkPort, checkPortName, checkProtocol, checkSelector, checkSocket, DOCS, isHttp, isSocket, isTls } from './common';
import { checkConnectionPool } from './connection-pool';
import { checkDestination } from './destination';
import { isDnsLabel, whyNotHost } from './names';
import { checkServerTls } from './server-tls';

type Ingress = NonNullable<SidecarSpec['ingress']>[number];
type Egress = NonNullable<SidecarSpec['egress']>[number];

/** Minor of Istio from which on `~shop/*` is known. */
const EXCLUDING = 31;
const SEE = `${DOCS}/networking/sidecar/`;
const LOOPBACK = ['', '127.0.0.1', '0.0.0.0', '::1', '::'];

/** What istiod's admission demands of a Sidecar beyond its schema. */
export function checkSidecar(spec: SidecarSpec, report: Report, namespace: string, minor: string): void {
  checkSelector(report, 'spec.workloadSelector', spec.workloadSelector?.labels, spec.workloadSelector !== undefined);
  if ((spec.egress ?? []).length + (spec.ingress ?? []).length === 0 && !spec.outboundTrafficPolicy && !spec.inboundConnectionPool) {
    report.error('AI0601', 'spec', { rule: 'a Sidecar says something', mend: 'Give `egress`, `ingress`, `outboundTrafficPolicy` or `inboundConnectionPool`', see: SEE });
    return;
  }
  const ports = new Set<number>();
  (spec.ingress ?? []).forEach((listener, index) => checkIngress(listener, child('spec.ingress', index), report, ports));
  checkConnectionPool(spec.inboundConnectionPool, 'spec.inboundConnectionPool', report);
  checkEgress(spec, report, namespace, minor);
  checkOutbound(spec, report);
}

function checkIngress(listener: Ingress, at: string, report: Report, ports: Set<number>): void {
  const { port, bind, defaultEndpoint, tls } = listener;
  const field = child(at, 'port');
  checkListenerPort(port, field, report);
  checkPort(report, child(field, 'number'), port.number);
  if (!isSocket(bind)) {
    checkIp(report, child(at, 'bind'), bind);
  } else {
    bad(report, child(at, 'bind'), bind, 'requests come in at an IP address', 'Drop `bind`');
  }
  takePort(port.number ?? 0, ports, child(field, 'number'), report);
  if (defaultEndpoint) {
    checkDefaultEndpoint(defaultEndpoint, child(at, 'defaultEndpoint'), report);
  }
  if (tls) {
    const unsupported = (['subjectAltNames', 'httpsRedirect', 'credentialName', 'credentialNames', 'tlsCertificates'] as const).filter((name) => {
      const value = tls[name];
      return Array.isArray(value) ? value.length > 0 : Boolean(value);
    });
    if (unsupported.length > 0) {
      bad(report, child(at, 'tls'), unsupported, 'a sidecar takes its certificates from files only', `Drop \`${unsupported.join('`, `')}\``);
    }
    if (tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH') {
      bad(report, child(child(at, 'tls'), 'mode'), tls.mode, 'a sidecar ends TLS with SIMPLE or MUTUAL; mTLS of the mesh is a PeerAuthentication’s', 'Write SIMPLE or MUTUAL');
    }
    if (!isTls(port.protocol)) {
      bad(report, child(at, 'tls'), port.protocol, 'TLS settings go with a port for HTTPS or TLS', 'Write `protocol: HTTPS` or `TLS`');
    }
    checkServerTls(tls, child(at, 'tls'), report);
  }
  checkConnectionPool(listener.connectionPool, child(at, 'connectionPool'), report);
  if (listener.connectionPool?.http && !isHttp(port.protocol)) {
    report.warning('AI0603', child(child(at, 'connectionPool'), 'http'), {
      value: port.protocol,
      rule: 'on a port that is not HTTP only the settings of `tcp` apply',
      mend: 'Drop `http`, or correct the protocol',
      see: SEE,
    });
  }
}

function checkDefaultEndpoint(endpoint: string, field: string, report: Report): void {
  if (isSocket(endpoint)) {
    checkSocket(report, field, endpoint);
    return;
  }
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(endpoint) ?? [];
  if (!LOOPBACK.includes(bracketed ?? plain) || !/^[-+]?\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    bad(report, field, endpoint, 'requests are passed on within the pod: to 127.0.0.1, 0.0.0.0, [::1], [::] or a Unix socket', 'Write such as 127.0.0.1:8080 or unix:///var/run/app.sock');
  }
}

function checkEgress(spec: SidecarSpec, report: Report, namespace: string, minor: string): void {
  const list = spec.egress ?? [];
  const ports = new Set<number>();
  const sockets = new Set<string>();
  list.forEach((listener, index) => {
    const at = child('spec.egress', index);
    if (!listener.port) {
      if (index !== list.length - 1) {
        bad(report, at, undefined, 'a listener without a port takes every other port, so it comes last', 'Move it to the end');
      }
    } else {
      checkEgressPort(listener, at, report, ports, sockets);
    }
    checkEgressHosts(listener, at, report, { namespace, excludes: Number(minor.split('.')[1]) >= EXCLUDING });
  });
}

function checkEgressPort({ port, bind, captureMode }: Egress, at: string, report: Report, ports: Set<number>, sockets: Set<string>): void {
  const field = child(at, 'port');
  checkListenerPort(port!, field, report);
  if (port!.number) {
    checkPort(report, child(field, 'number'), port!.number);
    if (!isSocket(bind)) {
      checkIp(report, child(at, 'bind'), bind);
    } else {
      bad(report, child(at, 'bind'), bind, 'a Unix socket has port 0', 'Write `number: 0`, or bind to an address');
    }
    takePort(port!.number, ports, child(field, 'number'), report);
    return;
  }
  if (!isSocket(bind)) {
    bad(report, child(at, 'bind'), bind, 'port 0 is for a Unix socket', 'Give the port, or `bind: unix:///...`');
  } else {
    checkSocket(report, child(at, 'bind'), bind);
  }
  if (captureMode && !['DEFAULT', 'NONE'].includes(captureMode)) {
    bad(report, child(at, 'captureMode'), captureMode, 'nothing can be captured on its way to a Unix socket', 'Write NONE, or drop it');
  }
  if (sockets.has(bind ?? '')) {
    bad(report, child(at, 'bind'), bind, 'each listener has a socket of its own', 'Rename one of the sockets');
  }
  sockets.add(bind ?? '');
}

interface EgressContext {
  readonly namespace: string;
  /** Whether a namespace after `~` takes its hosts out, which istiod refused before. */
  readonly excludes: boolean;
}

function checkEgressHosts({ hosts }: Egress, at: string, report: Report, { namespace, excludes }: EgressContext): void {
  if ((hosts ?? []).length === 0) {
    bad(report, child(at, 'hosts'), undefined, 'an egress listener names the hosts it leads to', 'Give `hosts`, such as ./*');
  }
  const seen = new Map<string, Set<string>>();
  const twice = (field: string, value: unknown, rule: string): void => report.warning('AI0604', field, { value, rule, mend: 'Drop the one that says no more', see: SEE });
  (hosts ?? []).forEach((host, index) => {
    const field = child(child(at, 'hosts'), index);
    const why = whyNoEgressHost(host, excludes);
    if (why) {
      const bare = host.includes('/') ? 'shop/cart.shop.svc.cluster.local' : host;
      bad(report, field, host, why, `Write ./${bare} for this namespace, */${bare} for any`);
    }
    const slash = host.indexOf('/');
    if (slash < 0 || (slash > 1 && host.startsWith('~'))) {
      return;
    }
    const owner = host.slice(0, slash) === '.' ? namespace : host.slice(0, slash);
    const name = host.slice(slash + 1);
    const known = seen.get(owner) ?? new Set<string>();
    seen.set(owner, known);
    if (name === '*' ? known.size > 0 : known.has(name) || known.has('*')) {
      twice(field, host, 'another entry covers this host, or is covered by it');
    }
    known.add(name);
  });
  if (seen.get('*')?.has('*') && seen.size > 1) {
    twice(child(at, 'hosts'), hosts, '`*/*` covers every host there is');
  }
}

function whyNoEgressHost(host: string, excludes: boolean): string | undefined {
  const slash = host.indexOf('/');
  if (slash < 0) {
    return 'a host of a Sidecar comes with the namespace it is looked for in';
  }
  const [namespace, name] = [host.slice(0, slash), host.slice(slash + 1)];
  if (namespace === '' || name === '') {
    return 'namespace and host on both sides of the slash are not empty';
  }
  if (!['*', '.', '~'].includes(namespace) && !isDnsLabel(excludes ? namespace.replace(/^~/, '') : namespace)) {
    return namespace.startsWith('~') ? `namespaces are taken out from Istio 1.${EXCLUDING} on` : 'before the slash comes a namespace, `.`, `*` or `~`';
  }
  if (name !== '*' && !name.includes('.')) {
    return 'short names are not resolved here';
  }
  return whyNotHost(name) ?? (name.includes('*') && name !== '*' && !name.startsWith('*.') ? 'a wildcard stands for whole parts of a host' : undefined);
}

function checkOutbound(spec: SidecarSpec, report: Report): void {
  const policy = spec.outboundTrafficPolicy;
  if (!policy?.egressProxy) {
    return;
  }
  report.warning('IST0002', 'spec.outboundTrafficPolicy.egressProxy', { rule: 'this field has no effect any more', mend: 'Drop it', see: SEE });
  if ((policy.mode ?? 'REGISTRY_ONLY') !== 'ALLOW_ANY') {
    bad(report, 'spec.outboundTrafficPolicy.mode', policy.mode, 'an egress proxy goes with ALLOW_ANY', 'Write `mode: ALLOW_ANY`, or drop `egressProxy`');
    return;
  }
  checkFqdn(report, 'spec.outboundTrafficPolicy.egressProxy.host', policy.egressProxy.host);
  if (!policy.egressProxy.port) {
    bad(report, 'spec.outboundTrafficPolicy.egressProxy.port', undefined, 'an egress proxy has a port', 'Give `port: {number: ...}`');
    return;
  }
  checkDestination(report, 'spec.outboundTrafficPolicy.egressProxy', policy.egressProxy);
}

function checkListenerPort(port: Ingress['port'], field: string, report: Report): void {
  if ((port.targetPort ?? 0) > 0) {
    bad(report, child(field, 'targetPort'), port.targetPort, 'a listener of a sidecar has no target port', 'Drop it');
  }
  if (port.name) {
    checkPortName(report, child(field, 'name'), port.name);
  }
  checkProtocol(report, child(field, 'protocol'), port.protocol);
}

function takePort(number: number, ports: Set<number>, field: string, report: Report): void {
  if (ports.has(number)) {
    bad(report, field, number, 'each listener has a port of its own', 'Change one of the ports, or join the listeners');
  }
  ports.add(number);
}

function bad(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  report.error('AI0602', field, { value, rule, mend, see: SEE });
}
