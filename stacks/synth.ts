import './token-traces';
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { App } from 'cdktf';
import type { Environment, Layer } from '../environments';
import { buildEnvironment } from './index';

/** One stack as it lies on disk, ready for Terraform or for the direct engine. */
export interface SynthesizedStack {
  /** `<environment>-<layer>` */
  readonly name: string;
  readonly layer: Layer;
  /** Folder that holds `cdk.tf.json`. */
  readonly dir: string;
  /** Names of the stacks that must be applied first. */
  readonly dependsOn: readonly string[];
}

/**
 * Synthesises an environment into a folder of its own.
 * @param outdir folder that receives `manifest.json` and `stacks/`
 * @returns the stacks in the order they are applied
 * @throws Error with every rule that a construct found broken
 */
export function synthesize(environment: Environment, outdir: string): SynthesizedStack[] {
  // The framework makes the last folder of a path only: in a fresh checkout there is none above it.
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir, stackTraces: false });
  const { stacks } = buildEnvironment(app, environment);
  app.synth();
  return stacks.map((stack) => ({
    name: stack.node.id,
    layer: stack.node.id.slice(environment.name.length + 1) as Layer,
    dir: path.join(outdir, 'stacks', stack.node.id),
    dependsOn: stack.dependencies.map((dependency) => dependency.node.id),
  }));
}
