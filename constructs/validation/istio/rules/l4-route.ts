import type { VirtualServiceSpec } from '../../../istio/generated/virtual-service';
import { child, Report } from '../finding';
import { checkHost, checkLabels, checkPort, checkSubnet, DOCS } from './common';
import { checkWeights } from './destination';
import { hostWithin, isIpAddress, whyNotHost } from './names';
import { checkGatewayNames } from './route-names';

const SEE = `${DOCS}/networking/virtual-service/`;

interface L4Match {
  readonly destinationSubnets?: readonly string[];
  readonly port?: number;
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly gateways?: readonly string[];
}

/** Routes of `tls` and of `tcp`. */
export function checkL4Routes(spec: VirtualServiceSpec, report: Report, onGatewaysOnly: boolean): void {
  (spec.tls ?? []).forEach((route, index) => {
    const at = child('spec.tls', index);
    if ((route.match ?? []).length === 0) {
      report.error('AI0150', at, { rule: 'a TLS route is chosen by the server name of the handshake', mend: 'Give `match` with `sniHosts`', see: `${SEE}#TLSRoute` });
    }
    (route.match ?? []).forEach((match, number) => {
      const field = child(child(at, 'match'), number);
      checkMatch(report, field, match);
      checkSniHosts(spec, match.sniHosts ?? [], field, report, onGatewaysOnly);
    });
    checkRoute(report, at, route.route);
  });
  (spec.tcp ?? []).forEach((route, index) => {
    const at = child('spec.tcp', index);
    (route.match ?? []).forEach((match, number) => checkMatch(report, child(child(at, 'match'), number), match));
    checkRoute(report, at, route.route);
  });
}

function checkRoute(report: Report, at: string, route: Parameters<typeof checkWeights>[2]): void {
  if ((route ?? []).length === 0) {
    report.error('AI0151', at, { rule: 'a TLS or TCP route has a destination', mend: 'Give `route`', see: SEE });
  }
  checkWeights(report, child(at, 'route'), route);
}

function checkMatch(report: Report, at: string, match: L4Match): void {
  (match.destinationSubnets ?? []).forEach((subnet, index) => checkSubnet(report, child(child(at, 'destinationSubnets'), index), subnet));
  if (match.port) {
    checkPort(report, child(at, 'port'), match.port);
  }
  checkLabels(report, child(at, 'sourceLabels'), match.sourceLabels);
  checkGatewayNames(report, child(at, 'gateways'), match.gateways);
}

function checkSniHosts(spec: VirtualServiceSpec, hosts: readonly string[], at: string, report: Report, onGatewaysOnly: boolean): void {
  if (hosts.length === 0) {
    report.error('AI0152', at, { rule: 'a TLS match names the hosts that clients ask for', mend: 'Give `sniHosts`', see: `${SEE}#TLSMatchAttributes` });
  }
  hosts.forEach((host, index) => {
    const field = child(child(at, 'sniHosts'), index);
    if (!(onGatewaysOnly && host.startsWith('outbound_')) && whyNotHost(host)) {
      if (isIpAddress(host)) {
        report.warning('AI0153', field, { value: host, rule: 'clients do not send an IP address as server name', mend: 'Write a DNS name, or route `tcp`' });
      } else {
        checkHost(report, field, host);
      }
      return;
    }
    if (!(spec.hosts ?? []).some((outer) => hostWithin(host, outer))) {
      report.error('AI0154', field, {
        value: host,
        rule: `none of the VirtualService’s hosts (${(spec.hosts ?? []).join(', ')}) means this name`,
        mend: 'Add it to `hosts`, or correct it',
        see: `${SEE}#TLSMatchAttributes`,
      });
    }
  });
}
