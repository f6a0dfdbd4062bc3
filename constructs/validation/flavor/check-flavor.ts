import { addonLimit } from '../../mesh/addon-limits';
import { ambientLabels, featuresOfGatewayClass } from '../../mesh/ambient';
import { gatewayAnnotationProblems } from '../../mesh/gateway-annotations';
import type { MeshFeature } from '../../mesh/mesh';
import { meshConfigProblems } from '../../mesh/mesh-config';
import { injectionLabelsOf, ISTIO_NAMESPACE } from '../../mesh/upstream';
import { groupOf, ModelObject, namespaceOf } from '../../model/object';
import { child, Finding, Report, Verdict } from '../istio/finding';
import { istioApi } from '../istio/schema';

/** Who installs the mesh: the official charts, or the AKS Istio add-on. */
export type Flavor = 'helm' | 'addon';

const ADDON_NAMESPACE = 'aks-istio-system';
const ADDON_GATEWAYS = ['aks-istio-ingressgateway-external', 'aks-istio-ingressgateway-internal'];
const SHARED_CONFIG = /^istio-shared-configmap-asm-/;
const ADDON_PORTS = [80, 443];
const REVISION = 'istio.io/rev';
const INJECT_ALL = Object.keys(injectionLabelsOf(undefined))[0]!;
const ABOUT = 'https://learn.microsoft.com/azure/aks/istio-about';

/** Reports a feature that the installation lacks, if it lacks it. */
type Limit = (feature: MeshFeature, field: string, value?: unknown) => void;

interface Server {
  readonly port?: { readonly number?: number };
}

/**
 * What the chosen kind of installation cannot do of an object: by the table by which the constructs refuse it, so that plain YAML is told the
 * same.
 * @see https://learn.microsoft.com/azure/aks/istio-about#limitations
 */
export function checkFlavor(object: ModelObject, flavor: Flavor, istioVersion?: string): Finding[] {
  const report = new Report(object);
  if (flavor === 'addon') {
    checkAddon(object, report, istioApi(istioVersion).minor);
  } else {
    checkHelm(object, report);
  }
  return report.findings;
}

function checkAddon(object: ModelObject, report: Report, minor: string): void {
  const group = groupOf(object);
  const ofIstio = group.endsWith('.istio.io');
  const limit: Limit = (feature, field, value) => {
    const missing = addonLimit(feature, minor);
    if (missing) {
      report.error('AI2201', field, { value, rule: `the AKS add-on cannot do this: ${missing.reason}`, mend: missing.alternative, see: missing.see });
    }
  };
  checkAmbient(object, limit);
  if (group === 'install.istio.io') {
    report.error('AI2201', 'kind', {
      value: object.kind,
      rule: 'the AKS add-on cannot do this: it installs Istio itself, and its admission webhook refuses this kind',
      mend: 'Write what it lets you choose into the shared MeshConfig, or install Istio by its charts',
      see: ABOUT,
    });
  }
  if (ofIstio || group === 'gateway.networking.k8s.io') {
    limit(object.kind as MeshFeature, 'kind', object.kind);
    checkPlace(object, report, ISTIO_NAMESPACE, ADDON_NAMESPACE);
  }
  const spec = (object.spec ?? {}) as Readonly<Record<string, never>>;
  switch (`${group}/${object.kind}`) {
    case 'telemetry.istio.io/Telemetry':
      list(spec.accessLogging).forEach(({ filter }, index) => {
        if (filter) {
          limit('TelemetryAccessLogFilter', `spec.accessLogging[${index}].filter`, filter);
        }
      });
      list(spec.metrics).forEach(({ reportingInterval }, index) => {
        if (reportingInterval) {
          limit('TelemetryReportingInterval', `spec.metrics[${index}].reportingInterval`, reportingInterval);
        }
      });
      return;
    case 'networking.istio.io/Gateway':
      checkServers(spec, report, limit);
      return;
    case 'networking.istio.io/EnvoyFilter':
      report.add('AI2206', 'info', '', {
        rule: 'the AKS add-on takes EnvoyFilters, but Microsoft gives no support for what they do',
        mend: 'Prefer the kinds of Istio’s own API',
        see: ABOUT,
      });
      return;
    case 'gateway.networking.k8s.io/Gateway':
      featuresOfGatewayClass(spec.gatewayClassName).forEach((feature) => limit(feature, 'spec.gatewayClassName', spec.gatewayClassName));
      return;
    case '/Namespace':
      checkLabels(object, report);
      return;
    case '/ConfigMap':
      checkMeshConfig(object, report);
      return;
    case '/Service':
      if (ADDON_GATEWAYS.includes(object.metadata.name)) {
        const problems = gatewayAnnotationProblems(object.metadata.annotations ?? {}, 'metadata.annotations');
        problems.forEach(({ at, ...problem }) => report.error('AI2204', at, problem));
      }
  }
}

function checkServers(spec: Readonly<Record<string, never>>, report: Report, limit: Limit): void {
  const { selector, servers } = spec as { selector?: { istio?: string }; servers?: readonly Server[] };
  const name = selector?.istio;
  if (name !== undefined && ADDON_GATEWAYS.includes(name)) {
    (servers ?? []).forEach(({ port }, index) => {
      if (port?.number !== undefined && !ADDON_PORTS.includes(port.number)) {
        limit('GatewayPorts', `spec.servers[${index}].port.number`, port.number);
      }
    });
  } else if (name !== undefined && (!name.startsWith('aks-istio-') || name.startsWith('aks-istio-ingress'))) {
    // Nobody but the add-on uses names of this form, so this one is a slip.
    report.add('AI2207', name.startsWith('aks-istio-') ? 'error' : 'warning', 'spec.selector', {
      value: selector,
      rule: 'the gateways of the AKS add-on have other labels',
      mend: `Write istio: ${ADDON_GATEWAYS.join(' or istio: ')}`,
      see: 'https://learn.microsoft.com/azure/aks/istio-deploy-ingress',
    });
  }
}

function checkLabels({ metadata: { labels = {} } }: ModelObject, report: Report): void {
  if (labels[INJECT_ALL] === 'enabled') {
    report.error('AI2202', child('metadata.labels', INJECT_ALL), {
      value: labels[INJECT_ALL],
      rule: 'the AKS add-on puts no sidecars into a namespace with this label, whatever its other labels say',
      mend: `Write ${REVISION} with the revision, such as asm-1-30`,
      see: 'https://learn.microsoft.com/azure/aks/istio-deploy-addon#enable-sidecar-injection',
    });
  }
}

/** Labels by which an object, or the pods of its template, join the mesh without a sidecar. */
function checkAmbient(object: ModelObject, limit: Limit): void {
  const template = (object.spec as { template?: { metadata?: { labels?: Readonly<Record<string, string>> } } } | undefined)?.template;
  const places = [
    { labels: object.metadata.labels, at: 'metadata.labels' },
    { labels: template?.metadata?.labels, at: 'spec.template.metadata.labels' },
  ];
  for (const { labels = {}, at } of places) {
    for (const label of ambientLabels(labels)) {
      limit('Ambient', child(at, label), labels[label]);
    }
  }
}

function checkMeshConfig(object: ModelObject, report: Report): void {
  const { mesh } = (object as ModelObject & { data?: { mesh?: unknown } }).data ?? {};
  if (!SHARED_CONFIG.test(object.metadata.name) || typeof mesh !== 'string') {
    return;
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { parse } = require('yaml') as typeof import('yaml');
  let config: unknown;
  try {
    config = parse(mesh);
  } catch (error) {
    report.error('AI2203', 'data.mesh', { rule: `this is no YAML: ${(error as Error).message.split('\n')[0]}`, mend: 'Correct it' });
    return;
  }
  if (typeof config === 'object' && config !== null) {
    const problems = meshConfigProblems(config as Readonly<Record<string, unknown>>, '');
    problems.forEach(({ at, rule, ...problem }) => report.error('AI2203', 'data.mesh', { ...problem, rule: `${at.slice(1)}: ${rule}` }));
  }
}

/** What is written for the add-on, and means nothing to a mesh of the official charts. */
function checkHelm(object: ModelObject, report: Report): void {
  const group = groupOf(object);
  if (group.endsWith('.istio.io')) {
    checkPlace(object, report, ADDON_NAMESPACE, ISTIO_NAMESPACE);
  }
  const revision = object.metadata.labels?.[REVISION];
  if (group === '' && object.kind === 'Namespace' && revision?.startsWith('asm-')) {
    otherFlavor(report, child('metadata.labels', REVISION), revision, 'revisions of this form are the AKS add-on’s', `Write ${INJECT_ALL}: enabled, or the revision that you installed`);
  }
  const name = (object.spec as { selector?: { istio?: unknown } } | undefined)?.selector?.istio;
  if (group === 'networking.istio.io' && object.kind === 'Gateway' && ADDON_GATEWAYS.some((one) => one === name)) {
    otherFlavor(report, 'spec.selector', name, 'these are the labels of the AKS add-on’s gateways', 'Write the labels of the gateway that you installed');
  }
}

function checkPlace(object: ModelObject, report: Report, theirs: string, ours: string): void {
  if (object.metadata.namespace !== undefined && namespaceOf(object) === theirs) {
    otherFlavor(report, 'metadata.namespace', theirs, 'this installation has its control plane elsewhere, and reads what is for the whole mesh there', `Write ${ours}`);
  }
}

function otherFlavor(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  const verdict: Verdict = { value, rule, mend, see: ABOUT };
  report.warning('AI2208', field, verdict);
}

function list(value: unknown): readonly { readonly filter?: unknown; readonly reportingInterval?: unknown }[] {
  return Array.isArray(value) ? (value as { filter?: unknown }[]) : [];
}
