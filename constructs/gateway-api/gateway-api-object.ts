import { IstioObject } from '../istio/istio-object';
import type { MeshFeature } from '../mesh/mesh';

/** What every object of the Gateway API has in common: its definition is the cluster's, so it needs a mesh whose cluster has that. */
export abstract class GatewayApiObject<Spec extends object> extends IstioObject<Spec> {
  protected override features(): readonly MeshFeature[] {
    return ['GatewayApi', ...super.features()];
  }
}
