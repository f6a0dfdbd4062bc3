import type { GatewaySpec } from '../../../istio/generated/gateway';
import { child, Report } from '../finding';
import { checkIp, checkPort, checkSocket, DOCS, isHttp, isProtocol, isSocket, isTls } from './common';
import { isDnsLabel, isIpAddress, whyNotHost } from './names';
import { checkServerTls } from './server-tls';

type Server = NonNullable<GatewaySpec['servers']>[number];

const SEE = `${DOCS}/networking/gateway/`;

/** What istiod's admission demands of a Gateway beyond its schema. */
export function checkGateway(spec: GatewaySpec, report: Report): void {
  const { name } = report.object.metadata;
  // Nobody knows the name yet that is generated, and a name that is not there is told of already.
  if (typeof name === 'string' && !isDnsLabel(name)) {
    report.error('AI0301', 'metadata.name', { value: name, rule: 'a Gateway has a name without dots', mend: 'Use dashes', see: SEE });
  }
  if ((spec.servers ?? []).length === 0) {
    report.error('AI0302', 'spec.servers', { rule: 'a Gateway listens somewhere', mend: 'Give at least one server', see: SEE });
  }
  const names = new Set<string>();
  (spec.servers ?? []).forEach((server, index) => {
    const at = child('spec.servers', index);
    checkServer(server, at, report);
    const port = child(child(at, 'port'), 'name');
    if (server.port && names.has(server.port.name ?? '')) {
      report.error('AI0303', port, { value: server.port.name, rule: 'each server has a port name of its own', mend: 'Rename one of the ports', see: SEE });
    }
    names.add(server.port?.name ?? '');
    if (server.tls?.httpsRedirect && !isHttp(server.port?.protocol)) {
      report.warning('AI0304', child(child(at, 'tls'), 'httpsRedirect'), {
        value: server.port?.protocol,
        rule: 'only a plain HTTP server can send clients to https',
        mend: 'Put it on the HTTP server of the same hosts',
        see: SEE,
      });
    }
  });
}

function checkServer(server: Server, at: string, report: Report): void {
  if ((server.hosts ?? []).length === 0) {
    report.error('AI0305', child(at, 'hosts'), { rule: 'a server names its hosts', mend: 'Give `hosts`; `*` means every host', see: SEE });
  }
  (server.hosts ?? []).forEach((host, index) => checkServerHost(report, child(child(at, 'hosts'), index), host));
  const before = report.findings.length;
  checkServerPort(server, at, report);
  const portValid = report.findings.length === before;
  checkBind(server, at, report);
  checkServerTls(server.tls, child(at, 'tls'), report);
  if (!portValid) {
    return;
  }
  const { tls } = server;
  const protocol = server.port?.protocol;
  if (isTls(protocol) && !tls) {
    report.error('AI0306', child(at, 'tls'), {
      value: protocol,
      rule: 'a server for HTTPS or TLS says how it does so',
      mend: 'Give `tls` with `mode` and `credentialName`, or `mode: PASSTHROUGH`',
      see: SEE,
    });
  } else if (!isTls(protocol) && tls) {
    const passes = tls.mode === undefined || tls.mode === 'PASSTHROUGH' || tls.mode === 'AUTO_PASSTHROUGH';
    if (!isHttp(protocol) || !passes || tls.caCertificates || tls.privateKey || tls.serverCertificate) {
      report.error('AI0307', child(at, 'tls'), {
        value: protocol,
        rule: `a server for ${protocol} has no TLS${isHttp(protocol) ? ' apart from `httpsRedirect`' : ''}`,
        mend: 'Write `protocol: HTTPS` or `TLS`, or drop the TLS settings',
        see: SEE,
      });
    }
  }
}

function checkServerPort({ port, bind }: Server, at: string, report: Report): void {
  const field = child(at, 'port');
  if (!port) {
    report.error('AI0308', field, { rule: 'a server has a port', mend: 'Give `port` with number, name and protocol', see: SEE });
    return;
  }
  if (!isProtocol(port.protocol ?? '')) {
    report.error('AI0030', child(field, 'protocol'), {
      value: port.protocol,
      rule: 'Istio does not know this protocol',
      mend: 'Write one of HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS, MONGO, REDIS, MYSQL',
      see: SEE,
    });
  }
  if ((port.number ?? 0) > 0 || !isSocket(bind)) {
    checkPort(report, child(field, 'number'), port.number);
  }
  if ((port.targetPort ?? 0) > 0) {
    report.error('AI0309', child(field, 'targetPort'), {
      value: port.targetPort,
      rule: 'a server listens on its `number`, whatever the target port is',
      mend: 'Drop it, and set the target port in the Service of the gateway',
      see: SEE,
    });
  }
  if (!port.name) {
    report.error('AI0308', child(field, 'name'), { rule: 'the port of a server has a name', mend: 'Name it, such as `https`', see: SEE });
  }
}

function checkBind({ port, bind }: Server, at: string, report: Report): void {
  const field = child(at, 'bind');
  if (!isSocket(bind)) {
    checkIp(report, field, bind);
    return;
  }
  checkSocket(report, field, bind);
  if ((port?.number ?? 0) !== 0) {
    report.error('AI0310', child(child(at, 'port'), 'number'), { value: port?.number, rule: 'a Unix socket has port 0', mend: 'Write 0, or bind to an address', see: SEE });
  }
}

function checkServerHost(report: Report, field: string, host: string): void {
  const slash = host.indexOf('/');
  const [namespace, name] = slash < 0 ? [undefined, host] : [host.slice(0, slash), host.slice(slash + 1)];
  const why =
    namespace === '' || name === ''
      ? 'namespace and host on both sides of the slash are not empty'
      : namespace !== undefined && !['*', '.'].includes(namespace) && !isDnsLabel(namespace)
        ? 'before the slash comes a namespace, `.` or `*`'
        : whyNoServerHost(name);
  if (why) {
    report.error('AI0311', field, { value: host, rule: why, mend: 'Write a full host, such as shop.example.com, *.example.com or *; with a namespace and a slash before it', see: SEE });
  }
}

function whyNoServerHost(host: string): string | undefined {
  if (host !== '*' && !host.includes('.')) {
    return 'short names mean nothing to clients outside';
  }
  const why = whyNotHost(host);
  if (why && !isIpAddress(host)) {
    return why;
  }
  return host.includes('*') && host !== '*' && !host.startsWith('*.') ? 'a wildcard stands for whole parts of a host' : undefined;
}
