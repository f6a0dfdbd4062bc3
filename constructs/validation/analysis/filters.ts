import type { EnvoyFilterSpec } from '../../istio/generated/envoy-filter';
import type { TelemetrySpec } from '../../istio/generated/telemetry';
import type { ServiceEntrySpec } from '../../istio/generated/service-entry';
import { child } from '../istio/finding';
import { NETWORKING, Scope, TELEMETRY } from './scope';

type Patch = NonNullable<EnvoyFilterSpec['configPatches']>[number];

/** EnvoyFilters that depend on an order nobody sets; and what Telemetry and ServiceEntry leave unsaid. */
export function analyzeFilters(scope: Scope): void {
  const versioned = new Set<string>();
  for (const filter of scope.model.ofKind<EnvoyFilterSpec>(NETWORKING, 'EnvoyFilter')) {
    for (const [index, patch] of (filter.spec?.configPatches ?? []).entries()) {
      if (!patch.patch) {
        break;
      }
      const name = nameOf(patch);
      if (isRelative(patch) && !filter.spec?.priority) {
        const code = versioned.has(name) ? 'IST0155' : 'IST0151';
        scope.istio(code, 'warning', filter, child('spec.configPatches', index), {
          value: patch.patch.operation,
          rule: 'this patch depends on what other EnvoyFilters have done before, and nothing says which comes first',
          mend: 'Set `priority`, or use INSERT_FIRST',
        });
      }
      if (patch.match?.proxy?.proxyVersion) {
        versioned.add(name);
      }
    }
  }
  checkProviders(scope);
  checkAddresses(scope);
}

function isRelative({ applyTo, patch }: Patch): boolean {
  switch (patch?.operation) {
    case 'INSERT_BEFORE':
    case 'INSERT_AFTER':
      return true;
    case 'REMOVE':
      return applyTo !== 'ROUTE_CONFIGURATION' && applyTo !== 'HTTP_ROUTE';
    case 'REPLACE':
      return applyTo === 'HTTP_FILTER' || applyTo === 'NETWORK_FILTER';
    default:
      return false;
  }
}

function nameOf({ match, patch }: Patch): string {
  const value = patch?.value as { name?: string } | undefined;
  return value?.name ?? (value ? match?.listener?.filterChain?.filter?.name : undefined) ?? '';
}

function checkProviders(scope: Scope): void {
  for (const telemetry of scope.model.ofKind<TelemetrySpec>(TELEMETRY, 'Telemetry')) {
    (telemetry.spec?.accessLogging ?? []).forEach((logging, index) => {
      if (!logging.disabled && (logging.providers ?? []).length === 0) {
        scope.istio('IST0157', 'warning', telemetry, `spec.accessLogging[${index}].providers`, {
          rule: 'no provider is named: unless MeshConfig has `defaultProviders.accessLogging`, nothing is logged',
          mend: 'Name a provider, such as envoy',
        });
      }
    });
  }
}

/** Since Istio gives hosts addresses of its own, this is left for those that it does not. */
function checkAddresses(scope: Scope): void {
  for (const entry of scope.model.ofKind<ServiceEntrySpec>(NETWORKING, 'ServiceEntry')) {
    if ((entry.spec?.addresses ?? []).length > 0) {
      continue;
    }
    (entry.spec?.ports ?? []).forEach((port, index) => {
      if (['', 'TCP'].includes((port.protocol ?? '').toUpperCase())) {
        scope.istio('IST0134', 'warning', entry, child('spec.ports', index), {
          value: port.protocol,
          rule: 'TCP does not say which host is meant: without an address the port is taken on every address, unless istiod allocates one',
          mend: 'Give `addresses`, switch DNS capture on in the proxies, or use a protocol that names its host, such as TLS',
        });
      }
    });
  }
}
