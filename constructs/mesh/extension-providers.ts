import { isUnknown } from '../istio/unknown';
import type { Problem } from '../validation';
import type { IMesh } from './mesh';

const SEE = 'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider';

/** Providers of logs and metrics that every istiod has without being told. */
const BUILT_IN = ['envoy', 'prometheus', 'stackdriver'];

/** Who asks for a provider: istiod looks up authorisers to the letter, and what logs, counts and traces whatever its capitals. */
export type ProviderUse = 'authorization' | 'telemetry';

/** What is wrong with the name of an extension provider, where the mesh says which it has. */
export function providerProblems(mesh: Pick<IMesh, 'extensionProviders'>, name: string | undefined, use: ProviderUse, at: string): Problem[] {
  const { extensionProviders: own } = mesh;
  if (own === undefined || name === undefined || isUnknown([name, ...own])) {
    return [];
  }
  const known = use === 'authorization' ? own : [...own, ...BUILT_IN];
  const fits = (one: string): boolean => one === name || (use === 'telemetry' && one.toLowerCase() === name.toLowerCase());
  if (known.some(fits)) {
    return [];
  }
  const others = known.length > 0 ? `, or name one that is there: ${known.join(', ')}` : '';
  const rule = `the mesh has no extension provider of this name${use === 'authorization' ? ', so that every request that it would be asked about is refused' : ''}`;
  return [{ at, value: name, rule, mend: `Add it to meshConfig.extensionProviders${others}`, see: SEE }];
}
