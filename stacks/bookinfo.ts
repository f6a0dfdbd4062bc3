import { Construct } from 'constructs';
import { Bookinfo, bookinfoServices, IBookinfo } from '../constructs/bookinfo';
import type { ICluster } from '../constructs/cluster';
import { ClusterProviders } from '../constructs/kubernetes/providers';
import type { IMesh } from '../constructs/mesh/mesh';
import type { Environment } from '../environments';
import { LayerStack } from './layer-stack';

export interface BookinfoStackProps {
  readonly environment: Environment;
  readonly cluster: ICluster;
  readonly mesh: IMesh;
}

/** The application: its namespace, which joins the mesh, and its workloads. */
export class BookinfoStack extends LayerStack {
  readonly bookinfo: IBookinfo;

  constructor(scope: Construct, props: BookinfoStackProps) {
    super(scope, 'bookinfo', props.environment);
    new ClusterProviders(this, 'Providers', { cluster: props.cluster });
    const { bookinfo, cluster } = props.environment;
    const { namespace, registry, tag, replicas, networkPolicies = cluster.kind === 'aks' && cluster.profile === 'production' } = bookinfo;
    new Bookinfo(this, 'Bookinfo', { mesh: props.mesh, namespace, registry, tag, replicas, networkPolicies });
    this.bookinfo = bookinfoServices({ namespace });
  }
}
