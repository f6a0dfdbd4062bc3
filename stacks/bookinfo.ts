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
    const { namespace, registry, tag, replicas } = props.environment.bookinfo;
    new Bookinfo(this, 'Bookinfo', { mesh: props.mesh, namespace, registry, tag, replicas, networkPolicies: hasNetworkPolicies(props.environment) });
    this.bookinfo = bookinfoServices({ namespace });
  }
}

/** Whether only the mesh reaches Bookinfo by address: as the environment says, else where its profile brings what enforces it. */
export function hasNetworkPolicies({ bookinfo, cluster }: Environment): boolean {
  return bookinfo.networkPolicies ?? (cluster.kind === 'aks' && cluster.profile === 'production');
}
