import type { GatewaySpec } from '../../istio/generated';
import { servedGateways } from '../gateway-api/listeners';
import type { MeshModel, ModelWorkload } from '../mesh-model';
import { AnyObject, namespaceOf } from '../object';
import { GATEWAY_NAME, isManaged, serviceOfGateway } from './gateway-servers';
import { FoundProxy, identityOf, Proxy, proxyOf } from './proxy';

type Labels = Readonly<Record<string, string>>;

/** Pods that a Gateway object means: those with these labels, in any namespace or in one. */
interface Candidate {
  /** `namespace/name` of the Gateway object. */
  readonly name: string;
  readonly labels: Labels;
  readonly namespace?: string;
  /** The service account of pods that nobody describes, where it follows from the object. */
  readonly serviceAccount?: string;
}

/**
 * The gateway that a request comes in by.
 * @throws Error where the model has no such Gateway object, or several and none is named
 */
export function gatewayOf(model: MeshModel, wanted: string | true): FoundProxy {
  const candidates = candidatesOf(model);
  const names = candidates.map(({ name }) => name);
  const podsOf = (some: readonly Candidate[]): number =>
    new Set(some.map(({ labels, namespace }) => JSON.stringify([namespace, ...Object.entries(labels).sort()]))).size;
  const meant = wanted === true ? candidates : candidates.filter(({ name }) => name === wanted || name.endsWith(`/${wanted}`));
  const ingress = meant.filter((candidate) => isIngress(model, candidate));
  const several = wanted === true && podsOf(meant) > 1 && podsOf(ingress) === 1;
  const chosen = several ? ingress : meant;
  if (chosen.length === 0 || podsOf(chosen) > 1) {
    const problem =
      chosen.length === 0 ? `the model has no Gateway ${wanted === true ? 'at all' : JSON.stringify(wanted)}` : 'several gateways could be meant';
    throw new Error(`gateway: ${problem}. ${names.length > 0 ? `Name one of: ${names.join(', ')}.` : 'Add a Gateway, or ask from inside the mesh.'}`);
  }
  const gateway = found(model, chosen[0]);
  const note = `of ${names.join(', ')}, taken the one of the mesh's ingress gateway: ${chosen[0].name}`;
  return several ? { ...gateway, assumptions: [...gateway.assumptions, note] } : gateway;
}

function isIngress(model: MeshModel, { labels, namespace }: Candidate): boolean {
  const offered = (model.context.gateways ?? []).filter(({ role }) => role === 'ingress');
  return offered.some((pods) => (namespace ?? pods.namespace) === pods.namespace && fits(labels, pods.labels));
}

/** The gateway that pods are, where they are one: requests to them go on by the gateway's routes. */
export function gatewayOfWorkload(model: MeshModel, workload: ModelWorkload): Proxy | undefined {
  const { labels, namespace, annotations, name } = workload;
  const isGateway =
    GATEWAY_NAME in labels ||
    (annotations['inject.istio.io/templates'] ?? '').split(',').includes('gateway') ||
    (model.context.gateways ?? []).some((pods) => pods.namespace === namespace && fits(pods.labels, labels));
  return isGateway ? { ...proxyOf(model, workload), kind: 'gateway', title: `gateway ${name}`, gateway: `${namespace}/${name}` } : undefined;
}

function candidatesOf(model: MeshModel): Candidate[] {
  const nameOf = (object: AnyObject): string => `${namespaceOf(object)}/${object.metadata.name}`;
  const own = model.ofKind<GatewaySpec>('networking.istio.io', 'Gateway').map((object) => ({ name: nameOf(object), labels: object.spec?.selector ?? {} }));
  const ofApi = servedGateways(model).map((gateway): Candidate => {
    const namespace = namespaceOf(gateway);
    const [service, serviceNamespace] = serviceOfGateway(model, gateway).split('.');
    if (isManaged(gateway)) {
      const account = gateway.metadata.annotations?.['gateway.istio.io/service-account'];
      return { name: nameOf(gateway), namespace, labels: { [GATEWAY_NAME]: gateway.metadata.name }, serviceAccount: account ?? service };
    }
    const known = model.services.find((candidate) => candidate.name === service && candidate.namespace === serviceNamespace);
    const offered = model.context.gateways?.find((candidate) => candidate.serviceName === service && candidate.namespace === serviceNamespace);
    return { name: nameOf(gateway), namespace: serviceNamespace, labels: known?.selector ?? offered?.labels ?? {} };
  });
  return [...own, ...ofApi];
}

function found(model: MeshModel, candidate: Candidate): FoundProxy {
  const { name: gateway, labels, serviceAccount } = candidate;
  const isHere = (pods: { readonly labels: Labels; readonly namespace: string }): boolean =>
    (candidate.namespace ?? pods.namespace) === pods.namespace && fits(labels, pods.labels);
  const title = `gateway ${gateway}`;
  const workload = model.workloads.find(isHere);
  if (workload) {
    return { proxy: { ...proxyOf(model, workload), kind: 'gateway', title, gateway }, assumptions: [] };
  }
  const offered = model.context.gateways?.find(isHere);
  const namespace = offered?.namespace ?? candidate.namespace ?? model.rootNamespace;
  const account = offered?.serviceAccountName ?? serviceAccount ?? 'istio-ingressgateway';
  return {
    proxy: { kind: 'gateway', title, namespace, labels: offered?.labels ?? labels, identity: identityOf(model, namespace, account), gateway },
    assumptions: offered || serviceAccount ? [] : [`the gateway's pods are not known: taken as running in ${namespace} as ${account}`],
  };
}

function fits(wanted: Labels, labels: Labels): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}
