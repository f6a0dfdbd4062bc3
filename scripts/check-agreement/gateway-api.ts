import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { readYaml } from '../../cli/check/read-yaml';
import { MeshModel } from '../../constructs/model/mesh-model';
import { ModelObject, namespaceOf } from '../../constructs/model/object';
import { analyze } from '../../constructs/validation/analysis';

/** Istio's own cases of what istiod makes of the Gateway API, each with the statuses that it writes. */
const CASES = 'pilot/pkg/config/kube/gateway/testdata';
const TEST = 'pilot/pkg/config/kube/gateway/conversion_test.go';
const DOMAIN = 'domain.suffix';
const JUDGED = ['Accepted', 'ResolvedRefs'];
/** Why a verdict differs, where that is as it should be. */
const EXPLAINED: readonly (readonly [RegExp, string])[] = [
  [/ XListenerSet /, 'a kind on trial, of another API group, which the checker does not read'],
  [/InferencePool|backend-allowed-ip/, 'pools of the inference extension are not looked for'],
  [/istiod accepts, here AI2101$/, 'of a Gateway that is not there istiod says nothing; the checker says that it is missing'],
];

/** Reasons of istiod's conditions, and our codes for them. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  NoMatchingParent: ['AI2101', 'AI2102'],
  NotAllowedByListeners: ['AI2103'],
  NoMatchingListenerHostname: ['AI2104'],
  BackendNotFound: ['AI2105'],
  InvalidKind: ['AI2105', 'AI2121'],
  InvalidDestination: ['AI2105'],
  RefNotPermitted: ['AI2106'],
  InvalidFilter: ['AI2108'],
  UnsupportedProtocol: ['AI2110'],
  InvalidRouteKinds: ['AI2112'],
  InvalidCertificateRef: ['AI2114'],
  UnsupportedAddress: ['AI2116'],
  TargetNotFound: ['AI2120'],
  NoValidCACertificate: ['AI2121'],
  InvalidCACertificateRef: ['AI2121'],
};

export interface GatewayAgreement {
  readonly files: number;
  /** Objects that istiod has a verdict on, both accept, both refuse for the same reason. */
  readonly objects: number;
  readonly accepted: number;
  readonly refused: number;
  readonly differences: readonly { readonly what: string; readonly why?: string }[];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

interface Status {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly listeners?: readonly { readonly conditions?: readonly Condition[] }[];
    readonly parents?: readonly { readonly conditions?: readonly Condition[] }[];
    readonly ancestors?: readonly { readonly conditions?: readonly Condition[] }[];
  };
}

/** A Secret or ConfigMap of upstream's test: kind, name, namespace, content. */
const HELD = new RegExp(
  String.raw`corev1\.(Secret|ConfigMap)\{\s+ObjectMeta: metav1\.ObjectMeta\{\s+Name:\s+"([^"]+)",\s+Namespace:\s+"([^"]+)",\s+\},` +
    String.raw`\s+Data: map\[string\](?:\[\]byte|string)\{([^}]*)\}`,
  'g',
);

/** Compares the errors of the analysis with the false conditions of istiod. */
export function compareGatewayApi(folder: string): GatewayAgreement {
  const cases = path.join(folder, CASES);
  const registry = registryOf(fs.readFileSync(path.join(folder, TEST), 'utf8'));
  const files = fs.readdirSync(cases).filter((name) => name.endsWith('.yaml') && fs.existsSync(path.join(cases, `${name.slice(0, -5)}.status.yaml.golden`)));
  const count = { objects: 0, accepted: 0, refused: 0 };
  const differences: { what: string; why?: string }[] = [];
  for (const file of files) {
    const { objects } = readYaml(fs.readFileSync(path.join(cases, file), 'utf8'), file);
    const own = objects.map(({ object }) => object);
    const model = new MeshModel([...own, ...registry, ...namespacesOf(own)], { clusterDomain: DOMAIN, gatewayApiChannel: 'experimental' });
    const findings = analyze(model, { whole: true }).filter(({ code, severity }) => code.startsWith('AI21') && severity === 'error');
    for (const status of statusesOf(path.join(cases, `${file.slice(0, -5)}.status.yaml.golden`))) {
      const key = `${status.kind} ${status.metadata.namespace ?? 'default'}/${status.metadata.name}`;
      const reasons = [...new Set(conditionsOf(status).filter(isRefusal).map(({ reason }) => reason))];
      const codes = [...new Set(findings.filter(({ object }) => `${object.kind} ${namespaceOf(object)}/${object.metadata.name}` === key).map(({ code }) => code))];
      const missing = reasons.filter((reason) => !(CODES[reason] ?? []).some((code) => codes.includes(code)));
      const more = codes.filter((code) => !reasons.some((reason) => CODES[reason]?.includes(code)));
      count.objects += 1;
      if (missing.length + more.length > 0) {
        const what = `${file} ${key}: istiod ${reasons.join(', ') || 'accepts'}, here ${codes.join(', ') || 'accepted'}`;
        differences.push({ what, why: EXPLAINED.find(([pattern]) => pattern.test(what))?.[1] });
      } else {
        count[reasons.length === 0 ? 'accepted' : 'refused'] += 1;
      }
    }
  }
  return { files: files.length, ...count, differences };
}

function isRefusal({ type, status }: Condition): boolean {
  return JUDGED.includes(type) && status === 'False';
}

function conditionsOf({ status }: Status): Condition[] {
  const parts = [...(status?.listeners ?? []), ...(status?.parents ?? []), ...(status?.ancestors ?? [])];
  return [...(status?.conditions ?? []), ...parts.flatMap(({ conditions }) => conditions ?? [])];
}

/** Objects that istiod has said something of. */
function statusesOf(file: string): Status[] {
  return parseAllDocuments(fs.readFileSync(file, 'utf8'))
    .map((document) => document.toJS() as Status | null)
    .filter((one): one is Status => one !== null && conditionsOf(one).some(({ type }) => JUDGED.includes(type)) && one.kind !== 'GatewayClass');
}

/** What upstream's test puts beside each case: Services, hosts of the registry, Secrets and ConfigMaps. */
function registryOf(source: string): ModelObject[] {
  const services = source.slice(source.indexOf('var services'), source.indexOf('var svcPorts'));
  const blocks = services.split(/\n\t\{\n/).slice(1);
  const ports = [{ name: 'http', port: 80 }, { name: 'tcp', port: 34000 }, { name: 'tcp-other', port: 34001 }];
  const named = blocks.map((block) => ({
    namespace: /Namespace:\s+"([^"]+)"/.exec(block)![1]!,
    host: /Hostname:\s+"([^"]+)"/.exec(block)?.[1] ?? '',
  }));
  const places = [...source.matchAll(HELD)];
  return [
    ...named
      .filter(({ host }) => host.endsWith(`.${DOMAIN}`))
      .map(({ namespace, host }) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: host.split('.')[0]!, namespace }, spec: { ports } })),
    ...named
      .filter(({ host }) => host !== '' && !host.endsWith(`.${DOMAIN}`))
      .map(({ namespace, host }) => ({ apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata: { name: `registry-${host}`, namespace }, spec: { hosts: [host] } })),
    ...places.map(([, kind, name, namespace, data]) => ({ apiVersion: 'v1', kind: kind!, metadata: { name: name!, namespace: namespace! }, ...contentOf(kind!, data!) })),
  ] as ModelObject[];
}

function contentOf(kind: string, data: string): Record<string, unknown> {
  const pem = (key: string): string => (key === 'tls.key' ? '-----BEGIN RSA PRIVATE KEY-----' : '-----BEGIN CERTIFICATE-----');
  const entries = [...data.matchAll(/"([^"]+)":\s+(?:\[\]byte\()?(rsa\w+|"[^"]*")/g)].map(([, key, value]) => [key!, value!.startsWith('rsa') ? pem(key!) : value!.slice(1, -1)]);
  return kind === 'Secret' ? { stringData: Object.fromEntries(entries) as object } : { data: Object.fromEntries(entries) as object };
}

function namespacesOf(objects: readonly ModelObject[]): ModelObject[] {
  const names = new Set(objects.map(namespaceOf));
  return [...names].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'istio.io/test-name-part': name.split('-')[0]! } } }));
}
