import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { Environment } from '../environments';
import { BookinfoStack } from './bookinfo';
import { ClusterStack, clusterOf } from './cluster';
import { MeshStack } from './mesh';
import { TrafficStack } from './traffic';

export * from './bookinfo';
export * from './cluster';
export * from './layer-stack';
export * from './mesh';
export * from './traffic';

/**
 * Builds the stacks of an environment, one a layer, each depending on the one to its left.
 * @returns the stacks in the order they are applied
 */
export function buildEnvironment(scope: Construct, environment: Environment): TerraformStack[] {
  const stacks: TerraformStack[] = [];
  const after = <Stack extends TerraformStack>(stack: Stack): Stack => {
    const previous = stacks.at(-1);
    if (previous) {
      stack.addDependency(previous);
    }
    stacks.push(stack);
    return stack;
  };

  const cluster = environment.cluster.kind === 'aks' ? after(new ClusterStack(scope, environment)).cluster : clusterOf(environment);
  const { mesh } = after(new MeshStack(scope, { environment, cluster }));
  const { bookinfo } = after(new BookinfoStack(scope, { environment, cluster, mesh }));
  after(new TrafficStack(scope, { environment, cluster, mesh, bookinfo }));
  return stacks;
}
