import type { GatewayListeners } from '../../../gateway-api/generated/gateway';
import { kindsOf } from '../../../model/gateway-api/listeners';
import { GATEWAY_API } from '../../../model/gateway-api/references';
import { namespaceOf } from '../../../model/object';
import { child } from '../../istio/finding';
import { istioApi } from '../../istio/schema';
import { checkCertificates, checkClientAuthorities } from './certificates';
import { Gateway, GatewayObjects, SEE } from './routes';

const ISTIO = 'https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/';
const LISTENERS = `${SEE}reference/spec/#listener`;
/** Classes that istiod makes. */
const CLASSES = ['istio', 'istio-remote', 'istio-waypoint', 'istio-east-west'];
const WAYPOINTS = ['istio-waypoint', 'istio-east-west'];
const PROTOCOLS = ['HTTP', 'HTTPS', 'TLS', 'TCP'];
/** Minors of Istio from which on these protocols need no switch. */
const ON_TRIAL: Readonly<Record<string, number>> = { TLS: 30, TCP: 31 };

/** Gateways of the Gateway API: their class, and what their listeners ask for. */
export function analyzeListeners(objects: GatewayObjects): void {
  for (const gateway of objects.gateways) {
    checkClass(objects, gateway);
    const waypoint = WAYPOINTS.includes(gateway.spec?.gatewayClassName ?? '');
    if (!objects.serves(gateway) && !waypoint) {
      continue;
    }
    const listeners = gateway.spec?.listeners ?? [];
    listeners.forEach((listener, index) => {
      const at = child('spec.listeners', index);
      if (waypoint) {
        checkWaypoint(objects, gateway, listener, at);
      } else {
        checkProtocol(objects, gateway, listener, at);
        checkKinds(objects, gateway, listener, at);
      }
      checkCertificates(objects, gateway, listener, at);
    });
    checkClientAuthorities(objects, gateway);
    checkConflicts(objects, gateway, listeners);
    checkAddresses(objects, gateway);
  }
}

function checkClass({ scope }: GatewayObjects, gateway: Gateway): void {
  const name = gateway.spec?.gatewayClassName;
  const declared = scope.model.ofKind(GATEWAY_API, 'GatewayClass').some(({ metadata }) => metadata.name === name);
  if (name !== undefined && !CLASSES.includes(name) && !declared) {
    scope.add('AI2117', 'warning', gateway, 'spec.gatewayClassName', {
      value: name,
      rule: 'Istio makes no gateway of this class, and no GatewayClass here says who does',
      mend: 'Write `istio`, or leave the Gateway to the controller of its class',
      see: ISTIO,
    });
  }
}

function checkWaypoint({ scope }: GatewayObjects, gateway: Gateway, { port, protocol, tls }: GatewayListeners, at: string): void {
  const eastWest = gateway.spec?.gatewayClassName === 'istio-east-west';
  if (port !== 15008 || protocol !== 'HBONE' || (eastWest && (tls?.mode ?? 'Terminate') !== 'Terminate') || (eastWest && !tls)) {
    scope.add('AI2110', 'error', gateway, at, {
      value: { port, protocol, mode: tls?.mode },
      rule: `a ${eastWest ? 'gateway between networks' : 'waypoint'} listens on port 15008 for HBONE${eastWest ? ', and ends TLS' : ', and for nothing else'}`,
      mend: `Write \`port: 15008\` and \`protocol: HBONE\`${eastWest ? ', with `tls.mode: Terminate`' : ''}`,
      see: 'https://istio.io/latest/docs/ambient/usage/waypoint/',
    });
  }
}

function checkProtocol({ scope }: GatewayObjects, gateway: Gateway, { protocol }: GatewayListeners, at: string): void {
  const field = child(at, 'protocol');
  if (!PROTOCOLS.includes(protocol)) {
    const upper = protocol.toUpperCase();
    scope.add('AI2110', 'error', gateway, field, {
      value: protocol,
      rule: protocol === 'HBONE' ? 'HBONE is for waypoints' : 'Istio has no listeners for this protocol',
      mend: PROTOCOLS.includes(upper) ? `Write ${upper}, in capitals` : `Write one of ${PROTOCOLS.join(', ')}`,
      see: LISTENERS,
    });
    return;
  }
  const minor = Number(istioApi(scope.model.context.istioVersion).minor.split('.')[1]);
  if (minor < (ON_TRIAL[protocol] ?? 0) && scope.model.context.gatewayApiChannel !== 'experimental') {
    scope.add('AI2111', 'warning', gateway, field, {
      value: protocol,
      rule: `before 1.${ON_TRIAL[protocol]} Istio has listeners for ${protocol} only where istiod is told to read what is on trial`,
      mend: 'Set PILOT_ENABLE_ALPHA_GATEWAY_API on istiod, or use a Gateway and a VirtualService of Istio’s own API',
      see: ISTIO,
    });
  }
}

function checkKinds({ scope }: GatewayObjects, gateway: Gateway, listener: GatewayListeners, at: string): void {
  const wanted = listener.allowedRoutes?.kinds ?? [];
  const known = kindsOf({ ...listener, allowedRoutes: undefined });
  const odd = wanted.filter(({ group = GATEWAY_API, kind }) => group !== GATEWAY_API || !known.some((one) => one === kind));
  if (odd.length > 0 && PROTOCOLS.includes(listener.protocol)) {
    scope.add('AI2112', 'error', gateway, `${at}.allowedRoutes.kinds`, {
      value: odd.map(({ kind }) => kind),
      rule: `a listener for ${listener.protocol} takes no routes of this kind`,
      mend: `Write one of ${known.join(', ')}`,
      see: LISTENERS,
    });
  }
}

/** Plain HTTP, TLS and TCP cannot share a port: the proxy tells hosts apart only within one of them. */
function checkConflicts({ scope }: GatewayObjects, gateway: Gateway, listeners: readonly GatewayListeners[]): void {
  const family = ({ protocol }: GatewayListeners): string => (protocol === 'HTTPS' ? 'TLS' : protocol);
  listeners.forEach((listener, index) => {
    const first = listeners.slice(0, index).find(({ port }) => port === listener.port);
    if (first && family(first) !== family(listener)) {
      scope.add('AI2115', 'warning', gateway, child(child('spec.listeners', index), 'protocol'), {
        value: listener.protocol,
        rule: `listener ${first.name} has port ${listener.port} for ${first.protocol} already, and a port speaks one of the two`,
        mend: 'Give one of them another port',
        see: LISTENERS,
      });
    }
  });
}

/** A gateway that somebody else deployed is found by its Service; by nothing else. */
function checkAddresses({ scope }: GatewayObjects, gateway: Gateway): void {
  const addresses = gateway.spec?.addresses ?? [];
  const managed = addresses.length === 0 || (addresses.length === 1 && (addresses[0]!.type ?? 'IPAddress') === 'IPAddress');
  const odd = managed ? [] : addresses.filter(({ type = 'Hostname' }) => type !== 'Hostname');
  if (odd.length > 0) {
    scope.add('AI2116', 'error', gateway, 'spec.addresses', {
      value: odd.map(({ value }) => value),
      rule: 'Istio takes one IP address, or the host names of Services that lead to a gateway of yours',
      mend: 'Write addresses of `type: Hostname`, or leave `addresses` out',
      see: ISTIO,
    });
    return;
  }
  addresses.forEach(({ type, value }, index) => {
    const namespace = namespaceOf(gateway);
    if (type === 'Hostname' && value !== undefined && !scope.offerOf(value, namespace)) {
      const severity = scope.knowledge.missingHost('warning', value, namespace);
      if (!severity) {
        return;
      }
      scope.add('AI2118', severity, gateway, child(child('spec.addresses', index), 'value'), {
        value,
        rule: 'no Service has this name, so no pods serve the gateway',
        mend: 'Correct the name, or leave `addresses` out to have Istio make the gateway',
        see: ISTIO,
      });
    }
  });
}
