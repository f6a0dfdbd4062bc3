import { AnyObject, ModelObject } from '../../model/object';
import type { ModelPort } from '../../model/mesh-model';
import { isProtocol } from '../istio/rules/common';
import { carries, DATAPLANE, INJECTION, REVISION, Scope } from './scope';

interface PodSpec {
  readonly securityContext?: { readonly runAsUser?: number };
  readonly containers?: readonly { readonly name?: string; readonly securityContext?: { readonly runAsUser?: number } }[];
}

const SIDECAR_USER = 1337;
/** SMTP, DNS, MySQL and MongoDB: known to be TCP whatever the port is called. */
const TCP_PORTS = [25, 53, 3306, 27017];
const SYSTEM = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];
const STANDARD = ['kubernetes.io/h2c', 'kubernetes.io/ws', 'kubernetes.io/wss'];

/** Services, workloads and namespaces, as far as the mesh minds them. */
export function analyzeWorkloads(scope: Scope): void {
  for (const { object, ports } of scope.model.services.filter((service) => !isControlPlane(service.object) && !SYSTEM.includes(service.namespace))) {
    checkPortNames(scope, object, ports);
  }
  checkShared(scope);
  for (const { object } of scope.model.workloads.filter((workload) => !isControlPlane(workload.object))) {
    checkUser(scope, object);
  }
  scope.model.ofKind('', 'Namespace').forEach((namespace) => checkInjection(scope, namespace));
}

function isControlPlane({ metadata }: AnyObject): boolean {
  return metadata.labels?.istio !== undefined || metadata.labels?.release === 'istio';
}

function checkPortNames(scope: Scope, service: ModelObject, ports: readonly ModelPort[]): void {
  if (service.metadata.labels?.['gateway.istio.io/managed']) {
    return;
  }
  const external = (service.spec as { type?: string } | undefined)?.type === 'ExternalName';
  ports.forEach((port, index) => {
    const unknown = !hasProtocol(port);
    if (!unknown && !(external && port.name === 'tcp')) {
      return;
    }
    const field = `spec.ports[${index}].name`;
    if (external) {
      scope.istio('IST0150', 'warning', service, field, { value: port.name, rule: 'a port of an ExternalName takes every address of that port unless its protocol names the host', mend: 'Call it http, https or tls' });
    } else {
      scope.istio('IST0118', 'info', service, field, {
        value: port.name,
        rule: 'the name does not say the protocol, so the proxies guess it, and routes of HTTP may not apply',
        mend: 'Begin the name with http, http2, https, grpc, tcp, tls, mongo, mysql or redis and a dash, or set `appProtocol`',
      });
    }
  });
}

function hasProtocol({ name, number, protocol, appProtocol }: ModelPort): boolean {
  const said = (appProtocol ?? name ?? '').toLowerCase();
  return protocol === 'UDP' || STANDARD.includes(said) || said.startsWith('grpc-web') || isProtocol(said.split('-')[0]!) || TCP_PORTS.includes(number);
}

/** Services that lead to the same pods and contradict each other. */
function checkShared(scope: Scope): void {
  for (const workload of scope.model.workloads) {
    if (scope.inMesh(workload) === false || workload.object.kind === 'Pod') {
      continue;
    }
    const services = scope.model.services.filter(
      ({ namespace, selector }) => namespace === workload.namespace && Object.keys(selector).length > 0 && carries(workload.labels, selector),
    );
    const all = services.flatMap((service) => service.ports.map((port) => ({ ...port, service: service.name })));
    for (const number of new Set(all.map((port) => port.number))) {
      const same = all.filter((port) => port.number === number);
      if (new Set(same.map(({ protocol }) => protocol ?? 'TCP')).size > 1) {
        scope.istio('IST0116', 'warning', workload.object, '', {
          value: number,
          rule: `Services ${names(same)} lead to its port ${number} by different protocols`,
          mend: 'Give the port one protocol in all of them',
        });
      }
    }
    const target = (port: ModelPort): string => String(port.targetPort || port.number);
    for (const one of new Set(all.map(target))) {
      const same = all.filter((port) => target(port) === one);
      if (new Set(same.map(({ number }) => number)).size > 1) {
        scope.istio('IST0137', 'warning', workload.object, '', {
          value: one,
          rule: `Services ${names(same)} lead to its target port ${one} from different ports (${[...new Set(same.map(({ number }) => number))].join(', ')})`,
          mend: 'Use one port number for the target port in all of them',
        });
      }
    }
  }
}

function names(ports: readonly { readonly service: string }[]): string {
  return [...new Set(ports.map(({ service }) => service))].join(', ');
}

function checkUser(scope: Scope, object: ModelObject): void {
  const path = object.kind === 'Pod' ? 'spec' : 'spec.template.spec';
  const spec = (object.kind === 'Pod' ? object.spec : (object.spec as { template?: { spec?: unknown } } | undefined)?.template?.spec) as PodSpec | undefined;
  const verdict = { value: SIDECAR_USER, rule: 'the proxy runs as this user, and its own traffic is left alone: this program would go around the mesh', mend: 'Run it as another user' };
  if (spec?.securityContext?.runAsUser === SIDECAR_USER) {
    scope.istio('IST0144', 'warning', object, `${path}.securityContext.runAsUser`, verdict);
  }
  (spec?.containers ?? []).forEach(({ name, securityContext }, index) => {
    if (securityContext?.runAsUser === SIDECAR_USER && name !== 'istio-proxy') {
      scope.istio('IST0144', 'warning', object, `${path}.containers[${index}].securityContext.runAsUser`, verdict);
    }
  });
}

function checkInjection(scope: Scope, namespace: ModelObject): void {
  const { name } = namespace.metadata;
  if (name === scope.model.rootNamespace) {
    return;
  }
  const labels = namespace.metadata.labels ?? {};
  const injection = labels[INJECTION];
  const given = [
    ...(injection === undefined ? [] : [INJECTION]),
    ...[REVISION, DATAPLANE].filter((label) => labels[label] !== undefined && (injection === undefined || injection === 'enabled')),
  ];
  if (given.length > 1) {
    scope.istio('IST0123', 'warning', namespace, 'metadata.labels', {
      value: given,
      rule: 'these labels say different things about how the namespace joins the mesh; `istio-injection` would win',
      mend: 'Keep one of them',
    });
  }
  // Pods of a gateway ask for their proxy themselves.
  const ofGateways = (scope.model.context.gateways ?? []).some((gateway) => gateway.namespace === name);
  if (!SYSTEM.includes(name) && !ofGateways && !injection && labels[REVISION] === undefined && labels[DATAPLANE] !== 'ambient') {
    scope.istio('IST0102', 'info', namespace, 'metadata.labels', { rule: 'nothing says that this namespace is part of the mesh: its pods get no proxy', mend: 'Add the mesh’s injection label, or istio-injection=disabled to say that it is meant so' });
  }
}
