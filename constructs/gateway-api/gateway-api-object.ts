import { Annotations } from 'cdktf';
import type { Construct } from 'constructs';
import { IstioKind, IstioObject, IstioObjectProps } from '../istio/istio-object';
import type { MeshFeature } from '../mesh/mesh';
import { formatProblem } from '../validation';
import type { CheckOptions } from '../validation/istio/check-object';
import { type Finding, ON_TRIAL } from '../validation/istio/finding';
import { type ForeignReference, ungranted } from './grants';

/** What every object of the Gateway API has in common: its definition is the cluster's, so it needs a mesh whose cluster has that. */
export abstract class GatewayApiObject<Spec extends object> extends IstioObject<Spec> {
  protected constructor(scope: Construct, id: string, kind: IstioKind, props: IstioObjectProps<Spec>) {
    super(scope, id, kind, props);
    this.node.addValidation({
      validate: () => {
        // Somebody else may give leave, so that it is no error.
        ungranted(this, this.references()).forEach((problem) => Annotations.of(this).addWarning(formatProblem(problem)));
        return [];
      },
    });
  }

  /** What the object names that may be in another namespace. */
  protected references(): readonly ForeignReference[] {
    return [];
  }

  protected override features(): readonly MeshFeature[] {
    return ['GatewayApi', ...super.features()];
  }

  protected override checkedBy(): CheckOptions {
    return { ...super.checkedBy(), gatewayApiVersion: this.mesh.gatewayApi?.version };
  }

  /** A cluster with the standard channel drops what is on trial, or refuses it. */
  protected override refuses(finding: Finding): boolean {
    return super.refuses(finding) || (finding.code === ON_TRIAL && this.mesh.gatewayApi?.channel === 'standard');
  }
}
