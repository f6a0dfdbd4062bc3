import { App } from 'cdktf';
import type { MeshContext, MeshModel, PathNormalization } from '../../constructs/model';
import { modelOf } from '../../constructs/model/from-constructs';
import { Environment, loadEnvironment } from '../../environments';
import { buildEnvironment } from '../../stacks';

/** Options that choose the variant of an environment that is asked about. */
export interface VariantOptions {
  readonly scenario?: string;
  readonly mesh?: string;
}

/**
 * The model of an environment: all that its stacks would apply. Builds in memory; nothing is written and no cluster is asked.
 * @throws ProblemError where the environment cannot be loaded
 */
export function modelOfEnvironment(name: string, options: VariantOptions): { readonly environment: Environment; readonly model: MeshModel } {
  const environment = loadEnvironment(name, { scenario: options.scenario, flavor: options.mesh });
  const app = new App({ stackTraces: false });
  const { mesh } = buildEnvironment(app, environment);
  const { outboundTrafficPolicy, pathNormalization } = environment.mesh.meshConfig as {
    readonly outboundTrafficPolicy?: { readonly mode?: unknown };
    readonly pathNormalization?: { readonly normalization?: PathNormalization };
  };
  const context: MeshContext = {
    ...(outboundTrafficPolicy?.mode === 'REGISTRY_ONLY' ? { outboundTrafficPolicy: 'REGISTRY_ONLY' } : {}),
    ...(pathNormalization?.normalization ? { pathNormalization: pathNormalization.normalization } : {}),
  };
  return { environment, model: modelOf(app, { mesh, context }) };
}
