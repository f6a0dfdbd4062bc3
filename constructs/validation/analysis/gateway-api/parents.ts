import type { GatewayListeners } from '../../../gateway-api/generated/gateway';
import { allowedNamespaces, kindsOf } from '../../../model/gateway-api/listeners';
import { GATEWAY_API, RouteKind } from '../../../model/gateway-api/references';
import { namespaceOf } from '../../../model/object';
import { child, Severity } from '../../istio/finding';
import { hostsOverlap } from '../../istio/rules/names';
import { NETWORKING } from '../scope';
import { Gateway, GatewayObjects, kindOf, ParentRef, Route, SEE } from './routes';

/** Why a listener does not take a route, the one nearest to success first. */
const RANK = ['namespace', 'kind', 'hostname', 'port', 'section'] as const;
type Refusal = (typeof RANK)[number];

const ATTACHING = `${SEE}concepts/api-overview/#attaching-routes-to-gateways`;

/** What routes are attached to: gateways, listeners and Services that are not there, or do not take them. */
export function analyzeParents(objects: GatewayObjects): void {
  for (const route of objects.routes) {
    (route.spec?.parentRefs ?? []).forEach((ref, index) => {
      const field = child('spec.parentRefs', index);
      const kind = kindOf(ref);
      if (kind === '/Service') {
        checkService(objects, route, ref, field);
      } else if (kind === `${NETWORKING}/ServiceEntry`) {
        checkEntry(objects, route, ref, field);
      } else if (kind === `${GATEWAY_API}/Gateway`) {
        checkGateway(objects, route, ref, field);
      }
    });
  }
}

function checkService({ scope }: GatewayObjects, route: Route, ref: ParentRef, field: string): void {
  const namespace = ref.namespace ?? namespaceOf(route);
  const service = scope.model.services.find((candidate) => candidate.name === ref.name && candidate.namespace === namespace);
  if (!service) {
    const severity = scope.knowledge.missing('error', scope.knowledge.services(namespace));
    if (severity) {
      missing(scope, route, child(field, 'name'), ref.name, `namespace ${namespace} has no Service of this name`);
    }
  } else if (ref.port !== undefined && !service.ports.some(({ number }) => number === ref.port)) {
    scope.add('AI2102', 'warning', route, child(field, 'port'), {
      value: ref.port,
      rule: `Service ${ref.name} has no such port, so the route is for no request`,
      mend: `Write one of ${service.ports.map(({ number }) => number).join(', ')}`,
      see: ATTACHING,
    });
  }
}

function checkEntry({ scope }: GatewayObjects, route: Route, ref: ParentRef, field: string): void {
  const entries = scope.model.ofKind(NETWORKING, 'ServiceEntry');
  const namespace = ref.namespace ?? namespaceOf(route);
  const { knowledge, model } = scope;
  const known = knowledge.whole ? model.services.length > 0 : knowledge.holds(`${NETWORKING}/ServiceEntry`, namespace);
  if (known && !entries.some((entry) => entry.metadata.name === ref.name && namespaceOf(entry) === namespace)) {
    missing(scope, route, child(field, 'name'), ref.name, `namespace ${namespace} has no ServiceEntry of this name`);
  }
}

function checkGateway(objects: GatewayObjects, route: Route, ref: ParentRef, field: string): void {
  const { scope } = objects;
  const gateway = objects.gatewayOf(ref, route);
  if (!gateway) {
    // The gateway of a cluster is often somebody else's; where others of its namespace are here, this one is missed.
    const namespace = ref.namespace ?? namespaceOf(route);
    const elsewhere = objects.gateways.find(({ metadata }) => metadata.name === ref.name);
    const severity = scope.knowledge.missing('error', scope.knowledge.holds(`${GATEWAY_API}/Gateway`, namespace), elsewhere !== undefined);
    if (severity) {
      const mend = elsewhere ? `A reference without a namespace is looked for beside the route: write \`namespace: ${namespaceOf(elsewhere)}\`` : undefined;
      missing(scope, route, child(field, 'name'), ref.name, `namespace ${namespace} has no Gateway of this name`, mend, severity);
    }
    return;
  }
  const listeners = gateway.spec?.listeners ?? [];
  if (!objects.serves(gateway) || listeners.length === 0) {
    return;
  }
  const refusals = listeners.map((listener) => refusalOf(objects, route, ref, gateway, listener));
  if (!refusals.includes(undefined)) {
    report(objects, { route, ref, field, gateway }, RANK.find((reason) => refusals.includes(reason))!);
  }
}

/** Why a listener does not take a route; nothing where it does. */
function refusalOf({ scope }: GatewayObjects, route: Route, ref: ParentRef, gateway: Gateway, listener: GatewayListeners): Refusal | undefined {
  if (ref.port && ref.port !== listener.port) {
    return 'port';
  }
  if (ref.sectionName && ref.sectionName !== listener.name) {
    return 'section';
  }
  const hostnames = route.spec?.hostnames ?? [];
  const byHost = (hostnames.length > 0 ? hostnames : ['*']).some((host) => hostsOverlap(listener.hostname ?? '*', host));
  if (!byHost) {
    return 'hostname';
  }
  const namespace = namespaceOf(route);
  // Which namespaces a selector chooses is known only of those that are here.
  const unknown = listener.allowedRoutes?.namespaces?.from === 'Selector' && scope.labelsOf(namespace) === undefined;
  const allowed = allowedNamespaces(scope.model, namespaceOf(gateway), listener);
  if (!unknown && !allowed.includes('*') && !allowed.includes(namespace)) {
    return 'namespace';
  }
  return kindsOf(listener).includes(route.kind as RouteKind) ? undefined : 'kind';
}

interface Place {
  readonly route: Route;
  readonly ref: ParentRef;
  readonly field: string;
  readonly gateway: Gateway;
}

function report({ scope }: GatewayObjects, { route, ref, field, gateway }: Place, refusal: Refusal): void {
  const name = `Gateway ${namespaceOf(gateway)}/${gateway.metadata.name}`;
  const listeners = gateway.spec!.listeners;
  const list = (values: readonly (string | number)[]): string => [...new Set(values)].join(', ');
  switch (refusal) {
    case 'port':
    case 'section': {
      const known = refusal === 'port' ? listeners.map(({ port }) => port) : listeners.map((listener) => listener.name);
      scope.add('AI2102', 'error', route, child(field, refusal === 'port' ? 'port' : 'sectionName'), {
        value: refusal === 'port' ? ref.port : ref.sectionName,
        rule: `${name} has no listener of this ${refusal === 'port' ? 'port' : 'name'}`,
        mend: `Write one of ${list(known)}`,
        see: ATTACHING,
      });
      return;
    }
    case 'hostname':
      scope.add('AI2104', 'error', route, 'spec.hostnames', {
        value: route.spec?.hostnames,
        rule: `no listener of ${name} is for any of these hosts (${list(listeners.map(({ hostname }) => hostname ?? '*'))})`,
        mend: 'Write a host that a listener takes, or give the gateway a listener for this one',
        see: ATTACHING,
      });
      return;
    case 'namespace':
      scope.add('AI2103', 'error', route, field, {
        value: namespaceOf(route),
        rule: `the listeners of ${name} for these hosts take no routes from this namespace`,
        mend: 'Set `allowedRoutes.namespaces` on the listener, whose default is the gateway’s own namespace, or move the route',
        see: ATTACHING,
      });
      return;
    case 'kind':
      scope.add('AI2103', 'error', route, field, {
        value: route.kind,
        rule: `the listeners of ${name} for these hosts take no ${route.kind}: theirs are ${list(listeners.flatMap((listener) => kindsOf(listener))) || 'none'}`,
        mend: 'Give the gateway a listener of the right protocol, or name this kind in its `allowedRoutes.kinds`',
        see: ATTACHING,
      });
  }
}

function missing(scope: GatewayObjects['scope'], route: Route, field: string, value: string, rule: string, mend = 'Correct the name, or add it', severity: Severity = 'error'): void {
  scope.add('AI2101', severity, route, field, { value, rule: `${rule}, so the route is attached to nothing`, mend, see: ATTACHING });
}
