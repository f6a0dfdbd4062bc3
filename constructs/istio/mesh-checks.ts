import { Annotations } from 'cdktf';
import { Construct } from 'constructs';
import type { IService } from '../kubernetes/service';
import type { IMesh } from '../mesh/mesh';
import { modelOf } from '../model/from-constructs';
import { formatProblem } from '../validation';
import { Acknowledgements } from '../validation/analysis/acknowledge';
import { analyze } from '../validation/analysis/analyze';
import type { Finding } from '../validation/istio/finding';

export interface MeshChecksProps {
  /** @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
  /** Services that are not among the constructs of the scope, because they exist already or another stack makes them. @default none */
  readonly services?: readonly IService[];
}

/**
 * Holds the objects of a scope against each other at synth, as `istioctl analyze` would against a cluster, and more: subsets that nobody
 * defines, routes that nothing reaches, policies that lock the gateway out, modes of mutual TLS that contradict each other.
 * Errors stop the synth, warnings are annotations.
 * @see https://istio.io/latest/docs/reference/config/analysis/
 */
export class MeshChecks extends Construct {
  private readonly acknowledgements = new Acknowledgements();

  constructor(scope: Construct, id: string, props: MeshChecksProps = {}) {
    super(scope, id);
    this.node.addValidation({
      validate: () => {
        const { open } = this.acknowledgements.sort(analyze(modelOf(scope, props)));
        open.filter(({ severity }) => severity === 'warning').forEach((finding) => Annotations.of(this).addWarning(sentence(finding)));
        return open.filter(({ severity }) => severity === 'error').map(sentence);
      },
    });
  }

  /**
   * Accepts a finding.
   * @param code such as `IST0140`
   * @param at a construct path, which also means all below it, or an object as `Kind namespace/name`
   * @param reason why this is as it should be
   * @throws Error without a reason
   */
  acknowledge(code: string, at: string, reason: string): this {
    this.acknowledgements.acknowledge(code, at, reason);
    return this;
  }
}

function sentence(finding: Finding): string {
  return `${finding.code} ${formatProblem(finding)}`;
}
