import { App } from 'cdktf';
import type { IBookinfo } from '../constructs/bookinfo';
import type { ICluster } from '../constructs/cluster';
import type { IMesh } from '../constructs/mesh';
import type { Environment } from '../environments';
import { BookinfoStack } from './bookinfo';
import { ClusterStack, clusterOf } from './cluster';
import { MeshStack } from './mesh';

/** What the layers of an environment tell each other: plain data, as known before anything is applied. */
export interface EnvironmentHandles {
  readonly cluster: ICluster;
  readonly mesh: IMesh;
  readonly bookinfo: IBookinfo;
}

/** Reads the handles of an environment without writing anything. */
export function handlesOf(environment: Environment): EnvironmentHandles {
  const app = new App({ stackTraces: false });
  const cluster = environment.cluster.kind === 'aks' ? new ClusterStack(app, environment).cluster : clusterOf(environment);
  const { mesh } = new MeshStack(app, { environment, cluster });
  const { bookinfo } = new BookinfoStack(app, { environment, cluster, mesh });
  return { cluster, mesh, bookinfo };
}
