import { child, Report } from '../finding';
import { checkSelector } from './common';

interface TargetRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
}

interface Targeted {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly targetRef?: TargetRef;
  readonly targetRefs?: readonly TargetRef[];
}

const TARGETS = ['/Service', 'core/Service', 'networking.istio.io/ServiceEntry', 'gateway.networking.k8s.io/Gateway', 'gateway.networking.k8s.io/GatewayClass'];

/** What a policy applies to, where the schema leaves it open. */
export function checkTarget(report: Report, spec: Targeted): void {
  checkSelector(report, 'spec.selector', spec.selector?.matchLabels, spec.selector !== undefined);
  if (spec.targetRef) {
    checkRef(report, 'spec.targetRef', spec.targetRef);
  }
  (spec.targetRefs ?? []).forEach((ref, index) => checkRef(report, child('spec.targetRefs', index), ref));
}

function checkRef(report: Report, field: string, ref: TargetRef): void {
  const named = `${ref.group ?? ''}/${ref.kind ?? ''}`;
  if (!TARGETS.includes(named)) {
    report.error('AI0044', field, {
      value: named,
      rule: 'a policy is for a Service, a ServiceEntry, or a Gateway or GatewayClass of the Gateway API',
      mend: 'Write group and kind of one of these; a Service has the empty group',
      see: 'https://istio.io/latest/docs/reference/config/type/workload-selector/#PolicyTargetReference',
    });
  }
  if (!ref.name) {
    report.error('AI0044', child(field, 'name'), { rule: 'a reference has a name', mend: 'Give `name`' });
  }
}
