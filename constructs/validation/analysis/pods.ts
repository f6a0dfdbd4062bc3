import { groupOf, ModelObject } from '../../model/object';
import type { ModelWorkload } from '../../model/mesh-model';
import { SECURITY, Scope } from './scope';

interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly env?: readonly { readonly name?: string }[];
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** An object as a cluster gives it. */
interface Live extends ModelObject {
  readonly metadata: ModelObject['metadata'] & { readonly uid?: string };
  readonly status?: { readonly conditions?: readonly Condition[]; readonly parents?: readonly { readonly conditions?: readonly Condition[] }[] };
}

const PROXY = 'istio-proxy';
const BLOCKED = 'BLOCKED_CIDRS_IN_JWKS_URIS';
/** Conditions of objects that say that something is wrong where they are false. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  '/Service': ['istio.io/WaypointBound'],
  'networking.istio.io/ServiceEntry': ['istio.io/WaypointBound'],
  'security.istio.io/AuthorizationPolicy': ['ZtunnelAccepted', 'WaypointAccepted'],
  'gateway.networking.k8s.io/Gateway': ['Accepted', 'Programmed', 'ResolvedRefs'],
  'gateway.networking.k8s.io/HTTPRoute': ['Accepted', 'Programmed', 'ResolvedRefs'],
  'gateway.networking.k8s.io/GRPCRoute': ['Accepted', 'Programmed', 'ResolvedRefs'],
};

/** Pods without the proxy that they should have, conditions that a cluster has written into objects, and how istiod is set up for tokens. */
export function analyzePods(scope: Scope): void {
  for (const workload of scope.model.workloads) {
    checkProxy(scope, workload);
    checkImage(scope, workload);
    checkFetches(scope, workload);
  }
  for (const object of scope.model.objects) {
    checkConditions(scope, object as Live);
  }
}

function checkProxy(scope: Scope, workload: ModelWorkload): void {
  const { object } = workload;
  const spec = specOf(object);
  // Of a Pod that is yet to be created nobody knows: the webhook will give it one.
  if (object.kind !== 'Pod' || !isLive(object) || spec.hostNetwork || scope.hasSidecar(workload) !== true) {
    return;
  }
  if (![...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(({ name }) => name === PROXY)) {
    scope.istio('IST0103', 'warning', object, 'spec.containers', { rule: 'the namespace is in the mesh, and this pod has no proxy', mend: 'Restart the workload, so that its pods are created anew' });
  }
}

function checkImage(scope: Scope, workload: ModelWorkload): void {
  const { object } = workload;
  const isPod = object.kind === 'Pod';
  const index = (specOf(object).containers ?? []).findIndex(({ name, image }) => name === PROXY && image === 'auto');
  if (index >= 0 && ((isPod && isLive(object)) || scope.inMesh(workload) === false)) {
    scope.istio(isPod ? 'IST0147' : 'IST0146', isPod ? 'error' : 'warning', object, `${isPod ? 'spec' : 'spec.template.spec'}.containers[${index}].image`, {
      value: 'auto',
      rule: 'the image is filled in when a proxy is injected, and none is injected here',
      mend: 'Give the namespace the mesh’s injection label, or the pod sidecar.istio.io/inject: "true"',
    });
  }
}

/** istiod fetches the keys of issuers itself, from wherever a RequestAuthentication says. */
function checkFetches(scope: Scope, { object, labels }: ModelWorkload): void {
  const requests = scope.model.ofKind(SECURITY, 'RequestAuthentication');
  if (object.kind !== 'Deployment' || labels.app !== 'istiod' || requests.length === 0) {
    return;
  }
  const containers = specOf(object).containers ?? [];
  if (!containers.some(({ env }) => env?.some(({ name }) => name === BLOCKED))) {
    scope.istio('IST0175', 'warning', object, 'spec.template.spec.containers', {
      value: `${requests.length} RequestAuthentication${requests.length === 1 ? '' : 's'}`,
      rule: `without ${BLOCKED} istiod fetches keys from any address, so whoever writes a RequestAuthentication makes it call services of the cluster`,
      mend: `Set pilot.env.${BLOCKED} to the ranges that istiod must not call`,
    });
  }
}

function checkConditions(scope: Scope, object: Live): void {
  const telling = TELLING[`${groupOf(object)}/${object.kind}`];
  if (!telling || typeof object.status !== 'object') {
    return;
  }
  const conditions = [...(object.status.conditions ?? []), ...(object.status.parents ?? []).flatMap((parent) => parent.conditions ?? [])];
  for (const { type = '', status, reason, message } of conditions) {
    if (telling.includes(type) && (status === 'False' || (type === 'WaypointAccepted' && reason === 'PartiallyInvalid'))) {
      scope.istio('IST0171', 'warning', object, 'status.conditions', {
        value: `${type}: ${status} (${reason})`,
        rule: `the cluster says of this object: ${message ?? reason}`,
        mend: 'Mend what it says',
      });
    }
  }
}

/** Whether an object comes from a cluster. */
function isLive(object: ModelObject): boolean {
  const { metadata, status } = object as Live;
  return metadata.uid !== undefined || status !== undefined;
}

function specOf(object: ModelObject): PodSpec {
  const spec = object.kind === 'Pod' ? object.spec : (object.spec as { template?: { spec?: unknown } } | undefined)?.template?.spec;
  return (spec ?? {}) as PodSpec;
}
