import * as fs from 'node:fs';
import * as path from 'node:path';
import { readYaml } from '../../cli/check/read-yaml';
import { MeshModel } from '../../constructs/model/mesh-model';
import { ModelObject } from '../../constructs/model/object';
import { analyze } from '../../constructs/validation/analysis';
import { checkObject } from '../../constructs/validation/istio';

/** A test of upstream's: files, and what one analyzer finds in them. */
interface GridTest {
  readonly name: string;
  readonly files: readonly string[];
  readonly analyzer: string;
  readonly expected: readonly string[];
}

export interface AnalysisResult {
  readonly tests: number;
  readonly skipped: readonly string[];
  readonly perCode: ReadonlyMap<string, { agree: number; missing: number; more: number }>;
  readonly differences: readonly string[];
}

/** Codes that each analyzer can report; those that need a cluster, or certificates, or MeshConfig are left out. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  'annotations.K8sAnalyzer': ['IST0107', 'IST0108', 'IST0125', 'IST0135'],
  'conditions.ConditionAnalyzer': ['IST0171'],
  'injection.ImageAutoAnalyzer': ['IST0146', 'IST0147'],
  'deprecation.FieldAnalyzer': ['IST0002'],
  'gateway.IngressGatewayPortAnalyzer': ['IST0101', 'IST0162'],
  'gateway.SecretAnalyzer': ['IST0101', 'IST0161'],
  'gateway.ConflictingGatewayAnalyzer': ['IST0145'],
  'gateway.CertificateAnalyzer': ['IST0138'],
  'injection.Analyzer': ['IST0123', 'IST0102', 'IST0103'],
  'service.PortNameAnalyzer': ['IST0118', 'IST0150'],
  'sidecar.SelectorAnalyzer': ['IST0101', 'IST0110', 'IST0111', 'IST0167'],
  'virtualservice.ConflictingMeshGatewayHostsAnalyzer': ['IST0109'],
  'virtualservice.DestinationHostAnalyzer': ['IST0101', 'IST0112', 'IST0140'],
  'virtualservice.DestinationRuleAnalyzer': ['IST0101'],
  'virtualservice.GatewayAnalyzer': ['IST0101', 'IST0132', 'IST0165'],
  'virtualservice.JWTClaimRouteAnalyzer': ['IST0149'],
  'deployment.ServiceAssociationAnalyzer': ['IST0116', 'IST0137'],
  'deployment.ApplicationUIDAnalyzer': ['IST0144'],
  'authz.AuthorizationPoliciesAnalyzer': ['IST0127', 'IST0101'],
  'destinationrule.CaCertificateAnalyzer': ['IST0128', 'IST0129'],
  'destinationrule.PodNotSelectedAnalyzer': ['IST0173', 'IST0174'],
  'schemaValidation.CollectionValidationAnalyzer': ['IST0130', 'IST0131'],
  'serviceentry.ProtocolAddressesAnalyzer': ['IST0134'],
  'envoyfilter.EnvoyPatchAnalyzer': ['IST0151', 'IST0152', 'IST0153', 'IST0154', 'IST0155'],
  'telemetry.ProviderAnalyzer': ['IST0157'],
  'telemetry.SelectorAnalyzer': ['IST0101', 'IST0159'],
  'telemetry.DefaultSelectorAnalyzer': ['IST0160'],
  'k8sgateway.SelectorAnalyzer': ['IST0166'],
};

/** The gateway that upstream's tests take for granted. */
const GATEWAY = `
apiVersion: v1
kind: Pod
metadata: {name: istio-ingressgateway, namespace: istio-system, labels: {istio: ingressgateway}}
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system, labels: {istio: ingressgateway}}
spec:
  selector: {istio: ingressgateway}
  ports: [{port: 15020, name: status-port}, {port: 80, name: http2}, {port: 443, name: https}, {port: 31400, name: tcp}, {port: 15443, name: tls}]
`;
/** Where an analyzer shares a code with others: the fields that it looks at. */
const FIELDS: Readonly<Record<string, RegExp>> = {
  'virtualservice.DestinationHostAnalyzer': /\.(host|port|destination)$/,
  'virtualservice.DestinationRuleAnalyzer': /\.subset$/,
  'virtualservice.GatewayAnalyzer': /^spec\.gateways/,
};

export function compareAnalysis(folder: string): AnalysisResult {
  const analyzers = path.join(folder, 'pkg/config/analysis/analyzers');
  const codes = messageCodes(fs.readFileSync(path.join(folder, 'pkg/config/analysis/msg/messages.yaml'), 'utf8'));
  const perCode = new Map<string, { agree: number; missing: number; more: number }>();
  const differences: string[] = [];
  const skipped: string[] = [];
  const tests = gridTests(fs.readFileSync(path.join(analyzers, 'analyzers_test.go'), 'utf8'), codes);
  for (const test of tests) {
    const known = CODES[test.analyzer];
    if (!known || test.files.length === 0) {
      skipped.push(`${test.name} (${test.analyzer})`);
      continue;
    }
    const ours = new Set(findingsIn(test.files.map((file) => path.join(analyzers, file)), FIELDS[test.analyzer] ?? /./s).filter((key) => known.includes(key.split(' ')[0]!)));
    const theirs = new Set(test.expected.filter((key) => known.includes(key.split(' ')[0]!)));
    for (const key of new Set([...ours, ...theirs])) {
      const code = key.split(' ')[0]!;
      const count = perCode.get(code) ?? { agree: 0, missing: 0, more: 0 };
      perCode.set(code, count);
      const kind = ours.has(key) ? (theirs.has(key) ? 'agree' : 'more') : 'missing';
      count[kind] += 1;
      if (kind !== 'agree') {
        differences.push(`${kind === 'more' ? 'ours alone' : 'upstream alone'}: ${key} (test «${test.name}»)`);
      }
    }
  }
  return { tests: tests.length - skipped.length, skipped, perCode, differences };
}

function findingsIn(files: readonly string[], fields: RegExp): string[] {
  const texts = [GATEWAY, ...files.map((file) => fs.readFileSync(file, 'utf8'))];
  const objects = texts.flatMap((text) => readYaml(text, 'test').objects.map(({ object }) => object));
  const findings = [...objects.flatMap((object) => checkObject(object)), ...analyze(new MeshModel(objects), { whole: true })];
  return findings.filter(({ field }) => field === '' || fields.test(field)).map(({ code, object }) => `${code} ${keyOf(object as ModelObject)}`);
}

function keyOf({ kind, metadata }: ModelObject): string {
  return `${kind} ${metadata.namespace === undefined || metadata.namespace === 'default' ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/** Names of the messages to their codes. */
function messageCodes(yaml: string): ReadonlyMap<string, string> {
  return new Map([...yaml.matchAll(/- name: "?(\w+)"?\s+code: (\w+)/g)].map(([, name, code]) => [name!, code!]));
}

function gridTests(source: string, codes: ReadonlyMap<string, string>): GridTest[] {
  const grid = source.slice(source.indexOf('var testGrid'), source.indexOf('\nfunc '));
  return grid
    .split(/\n\t\{\n/)
    .slice(1)
    .filter((block) => !block.includes('meshConfigFile') && !block.includes('meshNetworksFile') && !block.includes('skipAll'))
    .map((block) => ({
      name: /name:\s+"([^"]*)"/.exec(block)?.[1] ?? '',
      files: [...block.matchAll(/"(testdata\/[^"]+)"/g)].map(([, file]) => file!),
      analyzer: (/analyzer:\s+&?(\w+\.\w+)/.exec(block)?.[1] ?? '').trim(),
      expected: [...block.matchAll(/\{msg\.(\w+), "(\w+) ([^"]*)"\}/g)].map(([, message, kind, name]) => `${codes.get(message!) ?? message} ${kind} ${name!.replace(/^default\//, '')}`),
    }));
}
