import { BackendReference, isGranted } from '../../../model/gateway-api/references';
import { namespaceOf } from '../../../model/object';
import { child, Severity } from '../../istio/finding';
import { NETWORKING } from '../scope';
import { GatewayObjects, Route, SEE } from './routes';

const BACKENDS = `${SEE}reference/spec/#backendref`;
const GRANTS = `${SEE}api-types/referencegrant/`;
const INFERENCE = ['inference.networking.k8s.io', 'inference.networking.x-k8s.io'];

/** Where routes send requests: backends that are not there, or that the route may not use. */
export function analyzeBackends(objects: GatewayObjects): void {
  for (const route of objects.routes) {
    const parents = objects.parentsOf(route);
    // Somebody else's route may have backends that only they know.
    if (parents.size === 1 && parents.has('foreign')) {
      continue;
    }
    (route.spec?.rules ?? []).forEach((rule, index) => {
      const at = child('spec.rules', index);
      const backends = rule.backendRefs ?? [];
      const answered = (rule.filters ?? []).some(({ type }) => type === 'RequestRedirect');
      const sum = backends.reduce((total, { weight = 1 }) => total + weight, 0);
      if (sum === 0 && !answered) {
        nothing(objects, route, child(at, 'backendRefs'), backends.length);
      }
      backends.forEach((backend, number) => {
        if (sum > 0 && backend.weight !== 0) {
          checkBackend(objects, route, backend, child(child(at, 'backendRefs'), number));
        }
      });
      (rule.filters ?? []).forEach(({ requestMirror }, number) => {
        if (requestMirror?.backendRef) {
          checkBackend(objects, route, requestMirror.backendRef, child(child(at, 'filters'), number) + '.requestMirror.backendRef');
        }
      });
    });
  }
}

function nothing({ scope }: GatewayObjects, route: Route, field: string, count: number): void {
  const http = route.kind === 'HTTPRoute' || route.kind === 'GRPCRoute';
  scope.add('AI2113', 'warning', route, field, {
    value: count === 0 ? undefined : 'every weight 0',
    rule: `without a backend that has a weight, ${http ? 'every request is answered by 500' : 'every connection is refused'}`,
    mend: 'Give a backend, or a weight',
    see: BACKENDS,
  });
}

function checkBackend(objects: GatewayObjects, route: Route, ref: BackendReference, field: string): void {
  const { scope } = objects;
  const { group = '', kind = 'Service', name, port } = ref;
  const own = namespaceOf(route);
  const namespace = ref.namespace ?? own;
  const parents = objects.parentsOf(route);
  const reference = { fromKind: route.kind, fromNamespace: own, toGroup: group, toKind: kind, toNamespace: namespace, toName: name };
  if (namespace !== own && (parents.has('gateway') || parents.has('unknown')) && !isGranted(scope.model, reference) && scope.knowledge.holdsAny(namespace)) {
    scope.add('AI2106', 'error', route, child(field, 'namespace'), {
      value: namespace,
      rule: `no ReferenceGrant in namespace ${namespace} lets a ${route.kind} of ${own} use its ${kind} ${name}`,
      mend: `Add a ReferenceGrant to ${namespace}, or put the route beside its backend`,
      see: GRANTS,
    });
    return;
  }
  if (group === '' && kind === 'Service') {
    checkService(objects, route, ref, field);
  } else if (group === NETWORKING && kind === 'Hostname') {
    checkHostname(objects, route, ref, field);
  } else if (kind === 'ServiceImport') {
    checkPresence(objects, route, ref, field);
  } else if (INFERENCE.includes(group)) {
    return;
  } else if (!parents.has('unknown')) {
    const mend = 'Write a Service, or kind Hostname of group networking.istio.io';
    bad(objects, route, child(field, 'kind'), `${group}/${kind}`, 'Istio sends requests to no backend of this kind', mend);
    return;
  }
  if (port === undefined && !parents.has('unknown')) {
    bad(objects, route, child(field, 'port'), undefined, 'a backend is called at a port', 'Give `port`');
  }
}

function checkService(objects: GatewayObjects, route: Route, ref: BackendReference, field: string): void {
  if (ref.name.includes('.')) {
    bad(objects, route, child(field, 'name'), ref.name, 'a Service is named as itself, not by its host', 'Write its name, and `namespace` where it is elsewhere');
    return;
  }
  const service = checkPresence(objects, route, ref, field);
  if (service && ref.port !== undefined && !service.ports.some(({ number }) => number === ref.port)) {
    objects.scope.add('AI2107', 'warning', route, child(field, 'port'), {
      value: ref.port,
      rule: `Service ${ref.name} has no such port: requests would be answered by 503`,
      mend: `Write one of ${service.ports.map(({ number }) => number).join(', ')}; it is the port of the Service, not that of the container`,
      see: BACKENDS,
    });
  }
}

function checkPresence({ scope }: GatewayObjects, route: Route, ref: BackendReference, field: string) {
  const namespace = ref.namespace ?? namespaceOf(route);
  const { knowledge, model } = scope;
  const service = model.services.find((candidate) => candidate.name === ref.name && candidate.namespace === namespace);
  const elsewhere = model.services.find((candidate) => candidate.name === ref.name);
  // The Service of an import may be in another cluster.
  const known = knowledge.services(namespace) && (knowledge.whole || ref.kind !== 'ServiceImport');
  const severity = service ? undefined : knowledge.missing('error', known, elsewhere !== undefined);
  if (severity) {
    scope.add('AI2105', severity, route, child(field, 'name'), {
      value: ref.name,
      rule: `namespace ${namespace} has no Service of this name: requests would be answered by 500`,
      mend: elsewhere ? `Write \`namespace: ${elsewhere.namespace}\`, and let a ReferenceGrant there allow it` : 'Correct the name, or add the Service',
      see: BACKENDS,
    });
  }
  return service;
}

function checkHostname(objects: GatewayObjects, route: Route, ref: BackendReference, field: string): void {
  if (ref.namespace !== undefined) {
    bad(objects, route, child(field, 'namespace'), ref.namespace, 'a host has no namespace', 'Drop `namespace`');
    return;
  }
  const { scope } = objects;
  const severity = scope.offerOf(ref.name, namespaceOf(route)) ? undefined : scope.knowledge.missingHost('error', ref.name, namespaceOf(route));
  if (severity) {
    bad(objects, route, child(field, 'name'), ref.name, 'no Service and no ServiceEntry offers this host', 'Correct the host, or add a ServiceEntry for it', severity);
  }
}

function bad({ scope }: GatewayObjects, route: Route, field: string, value: unknown, rule: string, mend: string, severity: Severity = 'error'): void {
  scope.add('AI2105', severity, route, field, { value, rule, mend, see: BACKENDS });
}
