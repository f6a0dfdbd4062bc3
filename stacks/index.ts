import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { IBookinfo } from '../constructs/bookinfo';
import type { ICluster } from '../constructs/cluster';
import type { IMesh } from '../constructs/mesh';
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

/** The stacks of an environment, and what its layers tell each other. */
export interface BuiltEnvironment {
  /** In the order they are applied. */
  readonly stacks: readonly TerraformStack[];
  readonly cluster: ICluster;
  readonly mesh: IMesh;
  readonly bookinfo: IBookinfo;
}

/** Builds the stacks of an environment, one a layer, each depending on the one to its left. */
export function buildEnvironment(scope: Construct, environment: Environment): BuiltEnvironment {
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
  return { stacks, cluster, mesh, bookinfo };
}
