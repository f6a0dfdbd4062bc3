import { AnyObject, ModelObject, namespaceOf } from '../../model/object';
import { areOfMadeGateways } from './knowledge';
import { DATAPLANE, fullName, groupBy, INJECTION, Labels, NETWORKING, REVISION, Scope, showLabels, TELEMETRY } from './scope';

interface Selecting {
  readonly workloadSelector?: { readonly labels?: Labels };
  readonly selector?: { readonly matchLabels?: Labels };
}

interface Kind {
  readonly group: string;
  readonly kind: string;
  readonly field: string;
  readonly clash: string;
  readonly several: string;
  readonly labelsOf: (spec: Selecting | undefined) => Labels | undefined;
}

const KINDS: readonly Kind[] = [
  { group: NETWORKING, kind: 'Sidecar', field: 'spec.workloadSelector', clash: 'IST0110', several: 'IST0111', labelsOf: (spec) => spec?.workloadSelector?.labels },
  { group: TELEMETRY, kind: 'Telemetry', field: 'spec.selector', clash: 'IST0159', several: 'IST0160', labelsOf: (spec) => spec?.selector?.matchLabels },
];

/** Kinds of which a workload takes one object only: two that select the same pods, or two for a whole namespace. */
export function analyzeOverlaps(scope: Scope): void {
  for (const kind of KINDS) {
    const objects = scope.model.ofKind<Selecting>(kind.group, kind.kind);
    const selecting = objects.filter(({ spec }) => Object.keys(kind.labelsOf(spec) ?? {}).length > 0);
    checkSelecting(scope, kind, selecting);
    const whole = objects.filter((object) => !selecting.includes(object) && (kind.kind === 'Sidecar' || !('targetRefs' in (object.spec ?? {}) || 'targetRef' in (object.spec ?? {}))));
    checkWhole(scope, kind, whole);
  }
}

function checkSelecting(scope: Scope, kind: Kind, objects: readonly ModelObject<Selecting>[]): void {
  for (const object of objects) {
    const pods = scope.selected(kind.labelsOf(object.spec), namespaceOf(object));
    if (pods.length === 0 && scope.knowledge.workloads(namespaceOf(object)) && !areOfMadeGateways(kind.labelsOf(object.spec))) {
      scope.istio('IST0101', 'error', object, kind.field, {
        value: showLabels(kind.labelsOf(object.spec)),
        rule: `no workload of namespace ${namespaceOf(object)} has these labels`,
        mend: 'Correct the labels, or put the object into the workload’s namespace',
      });
    }
    const clashing = objects.filter((other) => {
      const theirs = other === object ? [] : scope.selected(kind.labelsOf(other.spec), namespaceOf(other));
      return pods.some((pod) => theirs.includes(pod));
    });
    if (clashing.length > 0) {
      scope.istio(kind.clash, 'error', object, kind.field, {
        value: showLabels(kind.labelsOf(object.spec)),
        rule: `${clashing.map(fullName).join(', ')} selects the same pods, and which of them holds is not defined`,
        mend: 'Join them, or make the labels distinct',
      });
    }
    if (kind.kind === 'Sidecar' && pods.some((pod) => pod.workload?.annotations['ambient.istio.io/redirection'] === 'enabled')) {
      ineffective(scope, object);
    }
  }
}

function checkWhole(scope: Scope, kind: Kind, objects: readonly ModelObject<Selecting>[]): void {
  for (const [namespace, list] of groupBy(objects, namespaceOf)) {
    const labels = scope.labelsOf(namespace) ?? {};
    if (kind.kind === 'Sidecar' && labels[DATAPLANE] === 'ambient' && labels[INJECTION] !== 'enabled' && !labels[REVISION]) {
      list.forEach((object) => ineffective(scope, object));
    } else if (list.length > 1) {
      list.forEach((object) =>
        scope.istio(kind.several, 'error', object, '', {
          rule: `${list.filter((other) => other !== object).map(fullName).join(', ')} is for all of this namespace too, and which of them holds is not defined`,
          mend: 'Join them, or give all but one a selector',
        }),
      );
    }
  }
}

function ineffective(scope: Scope, object: AnyObject): void {
  scope.istio('IST0167', 'warning', object, '', { rule: 'workloads in ambient mode have no sidecar, so a Sidecar does nothing for them', mend: 'Drop it, or take the workloads out of ambient mode' });
}
