import type { PolicyTargetReference } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { ModelObject, namespaceOf } from '../object';
import { gatewayOfWorkload } from './gateway-proxy';
import { attaches, PolicyTarget, sourceOf } from './policy-scope';
import type { Proxy } from './proxy';
import type { Simulation } from './simulation';

/** What a proxy does in a call. */
type Role = 'SIDECAR_OUTBOUND' | 'SIDECAR_INBOUND' | 'GATEWAY';

interface EnvoyFilterSpec {
  readonly workloadSelector?: { readonly labels?: Readonly<Record<string, string>> };
  readonly targetRefs?: readonly PolicyTargetReference[];
  readonly configPatches?: readonly { readonly match?: { readonly context?: string } }[];
}

/** Notes on what changes the proxies of a call in ways that nobody simulates: EnvoyFilters and Wasm modules. */
export function extensionNotes(model: MeshModel, caller: Proxy, simulation: Simulation): string[] {
  const filters = model.ofKind<EnvoyFilterSpec>('networking.istio.io', 'EnvoyFilter');
  const modules = ['WasmPlugin', 'TrafficExtension'].flatMap((kind) => model.ofKind('extensions.istio.io', kind));
  if (filters.length + modules.length === 0) {
    return [];
  }
  const shares = [...simulation.destinations, ...(simulation.onward?.destinations ?? [])];
  const workloads = new Set(shares.flatMap(({ workload }) => (workload ? [workload] : [])));
  const proxies: readonly (readonly [string, PolicyTarget, Role])[] = [
    ...(caller.kind === 'none' ? [] : [[caller.title, caller, caller.kind === 'gateway' ? 'GATEWAY' : 'SIDECAR_OUTBOUND'] as const]),
    ...[...workloads].map((workload) => [workload.name, workload, gatewayOfWorkload(model, workload) ? 'GATEWAY' : 'SIDECAR_INBOUND'] as const),
  ];
  const notes = [...filters, ...modules].flatMap((object) => {
    const changed = proxies.filter(([, target, role]) => isFor(model, object, target) && isIn(object, role)).map(([title]) => title);
    return changed.length > 0 ? [`${sourceOf(object, '').title} changes the proxy of ${[...new Set(changed)].join(', ')} in ways that are not simulated`] : [];
  });
  return [...new Set(notes)];
}

function isFor(model: MeshModel, object: ModelObject<EnvoyFilterSpec> | ModelObject, target: PolicyTarget): boolean {
  const { workloadSelector, ...spec } = (object.spec ?? {}) as EnvoyFilterSpec;
  const selector = workloadSelector ? { matchLabels: workloadSelector.labels } : undefined;
  const targeted = { ...object, spec: { ...(selector ? { selector } : {}), ...spec } };
  return [model.rootNamespace, target.namespace].includes(namespaceOf(object)) && attaches(targeted, target);
}

function isIn({ spec }: ModelObject<EnvoyFilterSpec> | ModelObject, role: Role): boolean {
  const patches = (spec as EnvoyFilterSpec | undefined)?.configPatches;
  return patches === undefined || patches.some(({ match }) => [undefined, 'ANY', role].includes(match?.context));
}
