/**
 * Holds the checker against upstream, and writes docs/check-agreement.md.
 *
 *     node --require tsx/cjs scripts/check-agreement.ts [--istioctl FILE] [--fuzz COUNT] [--print]
 *                                                       [--kubeconfig FILE [--kubectl FILE] [--limit COUNT]]
 *
 * Without istioctl only upstream's own expectations are compared. With a kubeconfig of a cluster that has Istio, its API server and istiod
 * judge as well, by dry runs: nothing is stored there. The page is written where both are there, else printed.
 * Exit code 1 where a verdict differs and nobody knows why.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { checkObject, Finding, istioApi } from '../constructs/validation/istio';
import { compareAnalysis } from './check-agreement/analysis';
import { compareCel } from './check-agreement/cel';
import { Case, corpora, gatewayCases, ISTIO, istioFolder } from './check-agreement/corpora';
import { mutants, mutantsOf } from './check-agreement/fuzz';
import { compareGatewayApi } from './check-agreement/gateway-api';
import { each, istioctlJudge, Judge, serverJudge } from './check-agreement/judges';
import { Difference, Row, toMarkdown, whyDiffers } from './check-agreement/report';

const BIN = path.join(os.homedir(), '.cache', 'aks-istio', 'bin');
const DEFAULT_ISTIOCTL = path.join(BIN, 'istioctl');
const OWN_KUBECTL = path.join(BIN, 'kubectl');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      istioctl: { type: 'string', default: DEFAULT_ISTIOCTL },
      fuzz: { type: 'string', default: '2000' },
      kubeconfig: { type: 'string' },
      kubectl: { type: 'string', default: fs.existsSync(OWN_KUBECTL) ? OWN_KUBECTL : 'kubectl' },
      limit: { type: 'string', default: '700' },
      print: { type: 'boolean', default: false },
    },
  });
  const folder = istioFolder();
  const istioctl = fs.existsSync(values.istioctl) ? istioctlJudge(values.istioctl) : undefined;
  const differences: Difference[] = [];
  const rows: Row[] = [];
  const all = corpora(folder);
  for (const { name, judged, cases } of all) {
    if (judged) {
      rows.push(await compare(`${name}: upstream's expectation`, cases, ({ refusal }) => Promise.resolve({ accepted: refusal === undefined, said: refusal ?? '' }), differences));
    }
    if (istioctl) {
      rows.push(await compare(`${name}: istiod's rules`, cases, ({ object }) => istioctl(object), differences));
    }
  }
  if (istioctl && Number(values.fuzz) > 0) {
    rows.push(await fuzz(folder, Number(values.fuzz), istioctl, differences));
  }
  if (values.kubeconfig) {
    const server = serverJudge(values.kubectl, values.kubeconfig, 'default');
    const cases = [...all.flatMap((corpus) => corpus.cases), ...mutants(folder, 1000)].filter(({ object }) => object.metadata.name !== undefined);
    const renamed = cases.map((one) => ({ ...one, object: { ...one.object, metadata: { ...one.object.metadata, namespace: 'default' } } }));
    rows.push(await compare('a sample of all of these, changed ones too: a real API server with istiod', sample(renamed, Number(values.limit)), ({ object }) => server(object), differences));
  }
  const ofGateway = gatewayCases(folder);
  const changed = mutantsOf(ofGateway, 2000);
  if (values.kubeconfig) {
    const server = serverJudge(values.kubectl, values.kubeconfig, 'default');
    const cases = [...ofGateway, ...sample(changed, Number(values.limit))].map((one) => ({
      ...one,
      object: { ...one.object, status: undefined, metadata: { name: one.object.metadata.name, namespace: 'default' } },
    }));
    rows.push(await compare('Gateway API objects of the module, changed ones too: a real API server', cases, ({ object }) => server(object), differences));
  }
  const everything = [...all.flatMap((corpus) => corpus.cases), ...mutants(folder, 4000), ...ofGateway, ...changed];
  const cel = compareCel(istioApi(ISTIO.version), everything.map(({ object }) => object));
  console.log(`CEL: ${cel.compared} values at ${cel.rules} rules, ${cel.differences.length} differ from the library`);
  cel.differences.forEach((text) => console.error(text));
  const gatewayApi = compareGatewayApi(folder);
  const markdown = toMarkdown({ version: ISTIO.version, rows, differences, analysis: compareAnalysis(folder), gatewayApi, cel });
  if (values.print || !istioctl || !values.kubeconfig) {
    console.log(markdown);
    console.log(values.print ? '' : 'The page is left as it is: it takes istioctl and a cluster to judge all of it.');
  } else {
    fs.writeFileSync(path.join(__dirname, '..', 'docs', 'check-agreement.md'), markdown);
  }
  rows.forEach((row) => console.log(`${row.name}: ${row.objects} objects, ${row.accepted} accepted and ${row.refused} refused by both, ${row.differs} differ`));
  const wrong = differences.filter(({ why }) => why === undefined);
  wrong.forEach(({ where, theirs, ours }) => console.error(`UNEXPLAINED ${where}\n  theirs: ${theirs}\n  ours: ${ours}`));
  const unknown = gatewayApi.differences.filter(({ why }) => why === undefined);
  unknown.forEach(({ what }) => console.error(`UNEXPLAINED ${what}`));
  process.exitCode = wrong.length + cel.differences.length + unknown.length > 0 ? 1 : 0;
}

type Asked = (one: Case) => ReturnType<Judge>;

async function compare(name: string, cases: readonly Case[], ask: Asked, differences: Difference[]): Promise<Row> {
  const row: Row = { name, objects: cases.length, accepted: 0, refused: 0, differs: 0 };
  const judged = await each(cases, async (one) => ({ one, theirs: await ask(one) }));
  for (const { one, theirs } of judged) {
    const errors = errorsOf(one);
    const ours = errors.length === 0;
    if (ours === theirs.accepted) {
      row[ours ? 'accepted' : 'refused'] += 1;
    } else {
      row.differs += 1;
      differences.push({
        where: `${one.where} (${one.object.kind} ${one.object.metadata.name})`,
        corpus: name,
        theirs: theirs.accepted ? 'accepted' : `refused: ${theirs.said.trim().split('\n').at(-1)?.trim()}`,
        ours: ours ? 'accepted' : `refused: ${errors.map(({ code, field, rule }) => `${code} ${field}: ${rule}`).join('; ')}`,
        why: whyDiffers(name, one.object, theirs, errors),
      });
    }
  }
  return row;
}

/** Objects made from upstream's by random changes: the schema's verdict is not istioctl's to give, so only those that pass it are compared. */
async function fuzz(folder: string, count: number, istioctl: Judge, differences: Difference[]): Promise<Row> {
  const cases = mutants(folder, count).filter(({ object }) => !checkObject(object).some(({ code, severity }) => severity === 'error' && /^AI00(?:0|10)/.test(code)));
  return compare(`${count} objects made from these by random changes, of which these pass the schema: istiod's rules`, cases, ({ object }) => istioctl(object), differences);
}

/** What makes us refuse an object; findings of `istioctl analyze` are errors there, but nobody refuses the object for them. */
function errorsOf({ object }: Case): Finding[] {
  return checkObject(object).filter(({ severity, code }) => severity === 'error' && code.startsWith('AI'));
}

/** A few of many, evenly spread. */
function sample<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, items.length / count);
  return items.filter((_item, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

void main();
