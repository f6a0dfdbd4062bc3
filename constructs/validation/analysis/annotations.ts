import { AnyObject, groupOf, ModelObject } from '../../model/object';
import { child } from '../istio/finding';
import { ANNOTATIONS } from '../istio/generated/annotations';
import { nearest } from '../istio/nearest';
import { isSubnet } from '../istio/rules/names';
import { Scope } from './scope';

/** Kinds whose annotations Istio reads. */
const READ = ['/Namespace', '/Service', '/Pod', 'apps/Deployment'];
/** What istiod and its gateways write themselves. */
const OWN = ['sidecar.istio.io/status', 'gateway.istio.io/controller-version', 'istio.io/rev'];
const INJECT = 'sidecar.istio.io/inject';
const DISTANCE = 3;

const isNumber = (value: string): boolean => /^\d+$/.test(value) && Number(value) < 2 ** 32;
const isPort = (value: string): boolean => /^\d+$/.test(value) && Number(value) <= 65535;
const isList = (value: string, test: (item: string) => boolean): boolean => value.split(',').every((item) => test(item.trim()));
const arePorts = (value: string): boolean => value === '' || isList(value, isPort);
/** What the values of annotations are, of those that the injector checks. */
const VALUES: Readonly<Record<string, readonly [(value: string) => boolean, string]>> = {
  'sidecar.istio.io/interceptionMode': [(value) => ['REDIRECT', 'TPROXY', 'NONE'].includes(value), 'REDIRECT, TPROXY or NONE'],
  'status.sidecar.istio.io/port': [isPort, 'a port'],
  'readiness.status.sidecar.istio.io/initialDelaySeconds': [isNumber, 'a number of seconds'],
  'readiness.status.sidecar.istio.io/periodSeconds': [isNumber, 'a number of seconds'],
  'readiness.status.sidecar.istio.io/failureThreshold': [isNumber, 'a number'],
  'traffic.sidecar.istio.io/includeOutboundIPRanges': [(value) => value === '*' || value === '' || isList(value, isRange), 'IP ranges parted by commas, or *'],
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': [(value) => value === '' || isList(value, isRange), 'IP ranges parted by commas'],
  'traffic.sidecar.istio.io/includeInboundPorts': [(value) => value === '*' || arePorts(value), 'ports parted by commas, or *'],
  'traffic.sidecar.istio.io/excludeInboundPorts': [arePorts, 'ports parted by commas'],
  'traffic.sidecar.istio.io/excludeOutboundPorts': [arePorts, 'ports parted by commas'],
  'prometheus.istio.io/merge-metrics': [(value) => ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value), 'true or false'],
};

/** Istio's annotations on objects of Kubernetes: unknown ones, those in the wrong place, with a wrong value, or on their way out. */
export function analyzeAnnotations(scope: Scope): void {
  for (const object of scope.model.objects.filter((one) => READ.includes(`${groupOf(one)}/${one.kind}`))) {
    Object.entries(object.metadata.annotations ?? {})
      .filter(([name]) => isIstios(name) && !OWN.includes(name))
      .forEach(([name, value]) => check(scope, object, name, String(value)));
  }
}

function isIstios(name: string): boolean {
  return name === 'kubernetes.io/ingress.class' || name.split('/')[0]!.endsWith('istio.io');
}

function check(scope: Scope, object: ModelObject, name: string, value: string): void {
  const field = child('metadata.annotations', name);
  const known = ANNOTATIONS[name];
  if (!known) {
    const near = nearest(name, Object.keys(ANNOTATIONS), DISTANCE);
    scope.istio('IST0108', 'warning', object, field, { value, rule: 'Istio knows no such annotation', mend: near ? `Perhaps ${near} is meant` : 'Drop it, or correct its name' });
    return;
  }
  if (known.deprecated && !(name === INJECT && object.metadata.labels?.[INJECT] !== undefined)) {
    scope.istio('IST0135', 'info', object, field, { value, rule: 'this annotation is on its way out', mend: name === INJECT ? 'Write a label of that name' : 'Look for what took its place' });
  }
  if (known.on.includes('Any')) {
    return;
  }
  if (!known.on.includes(object.kind)) {
    misplaced(scope, object, field, known.on);
    return;
  }
  const [isValid, wanted] = VALUES[name] ?? [() => true, ''];
  if (!isValid(value)) {
    scope.istio('IST0125', 'warning', object, field, { value, rule: `this is ${wanted}`, mend: 'Correct the value' });
  }
}

function misplaced(scope: Scope, object: AnyObject, field: string, on: readonly string[]): void {
  const template = object.kind === 'Deployment' && on.includes('Pod');
  scope.istio('IST0107', 'warning', object, field, {
    rule: `this annotation is for ${on.join(', ')}, and does nothing on a ${object.kind}`,
    mend: template ? 'Put it into `spec.template.metadata.annotations`' : `Put it on ${on.join(' or ')}`,
  });
}

function isRange(text: string): boolean {
  return text.includes('/') && isSubnet(text);
}
