import { NetworkPolicyV1 } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { Construct, IConstruct } from 'constructs';
import { BookinfoWayOut, IBookinfo } from '../constructs/bookinfo';
import type { ICluster } from '../constructs/cluster';
import { MeshChecks } from '../constructs/istio/mesh-checks';
import { ObjectRelease } from '../constructs/kubernetes/object-release';
import { ClusterProviders } from '../constructs/kubernetes/providers';
import { IMesh, provideMesh } from '../constructs/mesh/mesh';
import type { Environment } from '../environments';
import { addScenario, checkNeeds, ExtensionProvider, findScenario } from '../scenarios';
import { hasNetworkPolicies } from './bookinfo';
import { LayerStack } from './layer-stack';

export interface TrafficStackProps {
  readonly environment: Environment;
  readonly cluster: ICluster;
  readonly mesh: IMesh;
  readonly bookinfo: IBookinfo;
}

/** Everything in Istio's API: the gateway, the policies, and the routes of the environment's scenario. */
export class TrafficStack extends LayerStack {
  /** @throws ProblemError where the environment names a scenario that is none, or lacks what it needs */
  constructor(scope: Construct, props: TrafficStackProps) {
    super(scope, 'traffic', props.environment);
    const { environment, cluster, mesh, bookinfo } = props;
    new ClusterProviders(this, 'Providers', { cluster, helm: true });
    provideMesh(this, mesh);
    new ObjectRelease(this, 'Objects', { name: `${bookinfo.namespace}-traffic`, namespace: bookinfo.namespace });
    const { details, ratings, reviews, productpage } = bookinfo;
    new MeshChecks(this, 'Checks', { services: [details, ratings, reviews, productpage] }).acknowledge(
      'IST0140',
      `VirtualService ${bookinfo.namespace}/bookinfo`,
      'productpage has one version: which subset requests from outside reach makes no difference',
    );
    const scenario = findScenario(environment.traffic.scenario);
    const { certificates, demoCertificates } = environment.mesh;
    const secretNames = [...certificates, ...demoCertificates].map(({ secretName }) => secretName);
    const { externalHost, externalDatabase } = environment.traffic;
    checkNeeds(scenario, {
      mesh,
      at: `environments/${environment.name}.ts: traffic.scenario`,
      namespace: bookinfo.namespace,
      extensionProviders: environment.mesh.meshConfig.extensionProviders as readonly ExtensionProvider[] | undefined,
      secretNames,
      hasExternalDatabase: externalDatabase !== undefined,
    });
    const { registry, tag } = environment.bookinfo;
    addScenario(this, 'Traffic', scenario, { bookinfo, images: { registry, tag }, externalHost, externalDatabase });
    // A scenario with such a policy of its own says itself what leaves.
    const saysWhatLeaves = (child: IConstruct): boolean => child instanceof NetworkPolicyV1 && child.specInput?.policyTypes.includes('Egress') === true;
    if (hasNetworkPolicies(environment) && !this.node.findAll().some(saysWhatLeaves)) {
      new BookinfoWayOut(this, 'WayOut', { namespace: bookinfo.namespace });
    }
  }
}
