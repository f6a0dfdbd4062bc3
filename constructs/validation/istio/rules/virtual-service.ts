import type { VirtualServiceSpec } from '../../../istio/generated/virtual-service';
import { child, Report } from '../finding';
import { checkHost, DOCS } from './common';
import { checkExportTo } from './export-to';
import { checkHttpRoute } from './http-route';
import { checkL4Routes } from './l4-route';
import { hostsOverlap, isIpAddress, whyNotHost } from './names';
import { checkGatewayNames, isClaim } from './route-names';

const SEE = `${DOCS}/networking/virtual-service/`;

/** What istiod's admission demands of a VirtualService beyond its schema. */
export function checkVirtualService(spec: VirtualServiceSpec, report: Report, namespace: string): void {
  const hosts = spec.hosts ?? [];
  const gateways = spec.gateways ?? [];
  const onGatewaysOnly = gateways.length > 0 && !gateways.includes('mesh');
  if (hosts.length === 0) {
    checkDelegate(spec, report);
  }
  checkGatewayNames(report, 'spec.gateways', gateways);
  checkHosts(spec, report, onGatewaysOnly);
  if (!onGatewaysOnly) {
    checkClaims(spec, report);
  }
  if ((spec.http ?? []).length + (spec.tls ?? []).length + (spec.tcp ?? []).length === 0) {
    report.error('AI0101', 'spec', { rule: 'a VirtualService has routes', mend: 'Give at least one of `http`, `tls` and `tcp`', see: SEE });
  }
  (spec.http ?? []).forEach((route, index) => checkHttpRoute(route, child('spec.http', index), report, hosts.length === 0));
  checkL4Routes(spec, report, onGatewaysOnly);
  checkExportTo(report, namespace, spec.exportTo);
}

function checkDelegate(spec: VirtualServiceSpec, report: Report): void {
  for (const name of ['gateways', 'tls', 'tcp'] as const) {
    if ((spec[name] ?? []).length > 0) {
      report.error('AI0102', child('spec', name), {
        value: spec[name],
        rule: `a VirtualService without hosts is a delegate, and a delegate has no \`${name}\``,
        mend: `Give \`hosts\`, or leave \`${name}\` to the VirtualService that delegates`,
        see: `${SEE}#Delegate`,
      });
    }
  }
}

function checkHosts(spec: VirtualServiceSpec, report: Report, onGatewaysOnly: boolean): void {
  const hosts = spec.hosts ?? [];
  const bySni = (spec.tls ?? []).some((route) => (route.match ?? []).some((match) => (match.sniHosts ?? []).length > 0));
  let valid = true;
  hosts.forEach((host, index) => {
    const field = child('spec.hosts', index);
    const generated = onGatewaysOnly && bySni && host.startsWith('outbound_');
    if (!generated && !isIpAddress(host) && whyNotHost(host)) {
      checkHost(report, field, host);
      valid = false;
    } else if (host === '*' && !onGatewaysOnly) {
      report.error('AI0103', field, {
        value: host,
        rule: 'inside the mesh a VirtualService names its hosts: `*` would catch every call of every workload',
        mend: 'Name the hosts, or bind it to gateways only and drop `mesh`',
        see: SEE,
      });
      valid = false;
    }
  });
  if (!valid) {
    return;
  }
  hosts.forEach((host, index) => {
    const twin = hosts.slice(0, index).find((other) => hostsOverlap(other, host));
    if (twin !== undefined) {
      report.error('AI0104', child('spec.hosts', index), { value: host, rule: `\`${twin}\` names this host already`, mend: 'Keep one of the two', see: SEE });
    }
  });
}

function checkClaims(spec: VirtualServiceSpec, report: Report): void {
  (spec.http ?? []).forEach((route, index) =>
    (route.match ?? []).forEach((match, at) => {
      for (const part of ['headers', 'withoutHeaders'] as const) {
        for (const name of Object.keys(match[part] ?? {}).filter(isClaim)) {
          report.error('AI0105', child(`spec.http[${index}].match[${at}].${part}`, name), {
            value: name,
            rule: 'only gateways route by the claims of a token',
            mend: 'Bind the VirtualService to gateways and drop `mesh`, or match a header that carries the claim (outputClaimToHeaders)',
            see: 'https://istio.io/latest/docs/tasks/security/authentication/jwt-route/',
          });
        }
      }
    }),
  );
}
