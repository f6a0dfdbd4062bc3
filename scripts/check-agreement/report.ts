import type { ModelObject } from '../../constructs/model/object';
import type { Finding } from '../../constructs/validation/istio';
import type { AnalysisResult } from './analysis';
import type { GatewayAgreement } from './gateway-api';
import type { Judgement } from './judges';

export interface Row {
  readonly name: string;
  readonly objects: number;
  accepted: number;
  refused: number;
  differs: number;
}

export interface Difference {
  readonly where: string;
  readonly corpus: string;
  readonly theirs: string;
  readonly ours: string;
  /** Nothing where nobody knows: that is a bug of ours. */
  readonly why: string | undefined;
}

/** Why the two verdicts differ, where that is as it should be. */
export function whyDiffers(corpus: string, object: ModelObject, theirs: Judgement, errors: readonly Finding[]): string | undefined {
  const bySchema = errors.length > 0 && errors.every(({ code }) => /^AI00(?:0|10)/.test(code));
  if (theirs.accepted && corpus.includes("istiod's rules") && bySchema) {
    return 'the API server refuses it by the CRD or by its name, before istiod is asked';
  }
  if (theirs.accepted && errors.length > 0 && errors.every(({ code }) => code === 'AI0010')) {
    return 'a kind of an earlier Istio, which the API server does not serve';
  }
  if (!theirs.accepted && object.kind === 'EnvoyFilter') {
    return "istiod reads the patch as Envoy's own types; the checker wants each configuration to name one of these, and does not look inside";
  }
  if (!theirs.accepted && /namespaces? .* not found/.test(theirs.said)) {
    return 'the namespace is missing in that cluster';
  }
  return undefined;
}

export interface Results {
  readonly version: string;
  readonly rows: readonly Row[];
  readonly differences: readonly Difference[];
  readonly analysis: AnalysisResult;
  readonly gatewayApi: GatewayAgreement;
  readonly cel: { readonly compared: number; readonly rules: number; readonly differences: readonly string[] };
}

export function toMarkdown({ version, rows, differences, analysis, gatewayApi, cel }: Results): string {
  const reasons = new Map<string, Difference[]>();
  differences.forEach((one) => {
    const why = one.why ?? 'NOT EXPLAINED';
    reasons.set(why, [...(reasons.get(why) ?? []), one]);
  });
  const falseRefusals = differences.filter(({ why, theirs }) => why === undefined && theirs === 'accepted').length;
  return [
    '# How far `aks-istio check` agrees with Istio',
    '',
    `Written by \`node --require tsx/cjs scripts/check-agreement.ts\`, against the sources of Istio ${version}. Do not edit.`,
    '',
    '## One object: accepted or refused',
    '',
    '"Upstream\'s expectation" is what Istio\'s own tests expect of API server and CRDs; "istiod\'s rules" is what `istioctl validate` of that version says,',
    'which runs the code of istiod\'s admission and no CRD.',
    '',
    '| objects of | number | both accept | both refuse | differ |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.name} | ${row.objects} | ${row.accepted} | ${row.refused} | ${row.differs} |`),
    '',
    `Refused by the checker although accepted by all who judge there: **${falseRefusals}**.`,
    '',
    ...(reasons.size > 0 ? ['Where they differ, and why:', ''] : []),
    ...[...reasons].flatMap(([why, list]) => [`- ${why}: ${list.length}`, ...list.slice(0, 4).map(({ where, theirs, ours }) => `  - \`${clip(where)}\`: there ${clip(theirs)}; here ${clip(ours)}`)]),
    '',
    `The CEL rules of both APIs' CRDs, compiled into the checker, against the same rules as the library @marcbachmann/cel-js evaluates them: ${cel.compared} values at`,
    `${cel.rules} rules, of these objects and of the changed ones; **${cel.differences.length}** verdicts differ.`,
    '',
    '## Between objects: the findings of `istioctl analyze`',
    '',
    `Upstream's own tests of its analyzers (\`analyzers_test.go\`): ${analysis.tests} of them concern what can be known without a cluster. A finding is a code at an object.`,
    '',
    '| code | found by both | by upstream alone | by the checker alone |',
    '|---|---|---|---|',
    ...[...analysis.perCode].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, { agree, missing, more }]) => `| ${code} | ${agree} | ${missing} | ${more} |`),
    '',
    ...analysis.differences.map((text) => `- ${text}: ${reasonOf(text)}`),
    '',
    '## The Gateway API: what istiod says in the status of each object',
    '',
    "Istio's own cases of the conversion (`pilot/pkg/config/kube/gateway/testdata`), against the conditions `Accepted` and `ResolvedRefs` that istiod",
    `writes there: ${gatewayApi.objects} objects in ${gatewayApi.files} files, each with the reason. Both accept ${gatewayApi.accepted}, both refuse ${gatewayApi.refused} for the same reasons,`,
    `${gatewayApi.differences.length} differ.`,
    '',
    ...gatewayApi.differences.map(({ what, why }) => `- ${what}: ${why ?? 'NOT EXPLAINED'}`),
    '',
    '## Left to a cluster',
    '',
    `Analyzers of \`istioctl analyze\`: ${[...new Set(analysis.skipped.map((name) => /\(([^)]*)\)$/.exec(name)![1]))].join(', ')}.`,
    '',
  ].join('\n');
}

/** Why an analysis differs, by what it is about. */
function reasonOf(text: string): string {
  const known: readonly (readonly [RegExp, string])[] = [
    [/IST0102/, 'whether namespaces are injected by default is told by a ConfigMap of the installation, which the checker does not read'],
    [/IST0132/, 'of a Gateway that does not exist the checker says so, and not also that it lacks the host'],
    [/IST0103/, 'a Pod without a status is yet to be created, and will get its proxy then'],
    [/IST014[67]/, 'whether the webhook takes a namespace is told by the installation; the checker goes by the labels of namespaces that it was given'],
    [/IST0161 .*expired/, 'the checker reads no clock, so that the same input has the same findings tomorrow'],
    [/IST0173 DestinationRule empty-topology/, 'labels that pods get from their nodes are taken for granted'],
  ];
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? 'NOT EXPLAINED';
}

function clip(text: string): string {
  const line = text.replaceAll('`', "'").replaceAll('\n', ' ').replaceAll('|', '\\|');
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
