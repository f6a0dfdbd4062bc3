import type { VirtualServiceSpec } from '../../istio/generated/virtual-service';
import { ModelObject, namespaceOf } from '../../model/object';
import { hostsOverlap } from '../istio/rules/names';
import { fullName, NETWORKING, Scope } from './scope';

type VirtualService = ModelObject<VirtualServiceSpec>;

/** VirtualServices of the same host inside the mesh: only one of them would be used. */
export function analyzeMeshHosts(scope: Scope): void {
  const hosts = new Map<string, VirtualService[]>();
  for (const service of scope.model.ofKind<VirtualServiceSpec>(NETWORKING, 'VirtualService')) {
    const gateways = service.spec?.gateways ?? [];
    if (gateways.length > 0 && !gateways.includes('mesh')) {
      continue;
    }
    for (const seen of scopesOf(service)) {
      for (const host of service.spec?.hosts ?? []) {
        const key = `${seen}/${scope.fullHost(host, namespaceOf(service))}`;
        hosts.set(key, [...(hosts.get(key) ?? []), service]);
      }
    }
  }
  const reported = new Set<VirtualService>();
  for (const [key, services] of hosts) {
    const [seen, host] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    const everywhere = seen === '*' ? [] : [...hosts].filter(([other]) => other.startsWith('*/') && hostsOverlap(host, other.slice(2))).flatMap(([, found]) => found);
    const clash = [...new Set([...services, ...everywhere])];
    if (services.length + everywhere.length < 2) {
      continue;
    }
    for (const service of clash.filter((one) => !reported.has(one))) {
      reported.add(service);
      const others = clash.filter((one) => one !== service).map(fullName);
      scope.istio('IST0109', 'error', service, 'spec.hosts', {
        value: host,
        rule: others.length > 0 ? `${others.join(', ')} routes this host inside the mesh too, and only one of them is used` : 'this host is named twice',
        mend: 'Join them in one VirtualService, or export each to its own namespace (`exportTo: ["."]`)',
      });
    }
  }
}

function scopesOf(service: VirtualService): readonly string[] {
  const exported = service.spec?.exportTo ?? [];
  if (exported.length === 0 || exported.includes('*')) {
    return ['*'];
  }
  return [...new Set(exported.map((entry) => (entry === '.' ? namespaceOf(service) : entry)))];
}
