import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { MeshModel, ModelObject } from '../../constructs/model';
import type { VirtualServiceHttp } from '../../constructs/istio/generated';
import { inOrder } from '../../constructs/model/gateway-api/http-rules';
import { gatewayApiOf } from '../../constructs/model/gateway-api/translate';
import { seconds } from '../../constructs/model/simulate/string-match';
import type { Comparison } from './compare';

const DOMAIN = 'domain.suffix';
/** Cases that need what the simulator says it leaves out: ambient mode, several clusters, listener sets, inference pools. */
const LEFT_OUT = /ambient|eastwest|listenerset|inferencepool|waypoint|mcs|delegated/;

interface Rendered {
  readonly hosts: unknown;
  readonly gateways: unknown;
  readonly http?: unknown;
  readonly tcp?: unknown;
  readonly tls?: unknown;
}

/** Where Go keeps the source that the local cluster's istiod is built from. */
function sourceFolder(): string {
  const module = readFileSync(path.join(__dirname, '../../local-cluster/node/go.mod'), 'utf8');
  const [, version = ''] = /^\s*istio\.io\/istio (\S+)/m.exec(module) ?? [];
  return path.join(process.env.GOMODCACHE ?? path.join(os.homedir(), 'go/pkg/mod'), `istio.io/istio@${version}`);
}

/** The VirtualServices that istiod's own tests expect of Gateway API routes, against those that the simulator makes of the same files. */
export function compareUpstreamRoutes(): Comparison {
  const folder = path.join(sourceFolder(), 'pilot/pkg/config/kube/gateway/testdata');
  const part = "istiod's own cases of Gateway API routes";
  if (!existsSync(folder)) {
    return { part: `${part} (skipped: Istio's source is not here)`, compared: 0, disagreements: [] };
  }
  const disagreements: string[] = [];
  let compared = 0;
  for (const file of readdirSync(folder).filter((name) => /^[a-z-]+\.yaml$/.test(name) && existsSync(path.join(folder, `${name}.golden`)) && !LEFT_OUT.test(name))) {
    const read = (name: string): ModelObject[] =>
      existsSync(path.join(folder, name))
        ? parseAllDocuments(readFileSync(path.join(folder, name), 'utf8')).flatMap((document) => (document.toJS() ? [document.toJS() as ModelObject] : []))
        : [];
    const expected = read(`${file}.golden`)
      .filter(({ kind }) => kind === 'VirtualService')
      .map(({ spec }) => canonical(spec as unknown as Rendered))
      .filter((one) => !JSON.stringify(one).includes('infpool'));
    const made = translated(read(file)).filter((one) => !JSON.stringify(one).includes('infpool'));
    compared += expected.length;
    const missing = expected.filter((one) => !made.some((other) => isDeepStrictEqual(one, other)));
    const extra = made.filter((one) => !expected.some((other) => isDeepStrictEqual(one, other)));
    disagreements.push(...missing.map((one) => `${file}: istiod makes ${JSON.stringify(one)}`));
    disagreements.push(...extra.map((one) => `${file}: istiod does not make ${JSON.stringify(one)}`));
  }
  return { part, compared, disagreements };
}

function translated(objects: readonly ModelObject[]): Rendered[] {
  const model = new MeshModel([...objects, ...servicesFor(objects), ...namespacesFor(objects)], { clusterDomain: DOMAIN, outboundTrafficPolicy: 'ALLOW_ANY' });
  return gatewayApiOf(model).virtualServices.map(({ hosts, gateways, http, spec }) =>
    canonical({ hosts, gateways, ...(http.length > 0 ? { http: http.map(({ route }) => route) } : {}), ...spec }),
  );
}

/** The namespaces that the tests have beside the files, with the label that they give them. */
function namespacesFor(objects: readonly ModelObject[]): ModelObject[] {
  const names = new Set(objects.map(({ metadata }) => metadata.namespace ?? 'default'));
  return [...names].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'istio.io/test-name-part': name.split('-')[0]! } },
  }));
}

/** The Services that the tests have beside the files: all that a backend names, but for those called not to exist. */
function servicesFor(objects: readonly ModelObject[]): ModelObject[] {
  const known = new Set(objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const named = new Set<string>();
  const visit = (value: unknown, namespace: string): void => {
    if (Array.isArray(value)) {
      value.forEach((item) => visit(item, namespace));
    } else if (typeof value === 'object' && value !== null) {
      const { name, port, kind } = value as { name?: string; port?: number; kind?: string };
      const isService = kind === 'Service' || (kind === undefined && port !== undefined);
      const full = `${(value as { namespace?: string }).namespace ?? namespace}/${name}`;
      if (typeof name === 'string' && isService && !/nonexist|does-not-exist|invalid/.test(full)) {
        named.add(full);
      }
      Object.values(value).forEach((item) => visit(item, namespace));
    }
  };
  objects.filter(({ kind }) => kind.endsWith('Route')).forEach((object) => visit(object.spec, object.metadata.namespace ?? 'default'));
  return [...named]
    .filter((key) => !known.has(key))
    .map((key) => ({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: key.split('/')[0]!, name: key.split('/')[1]! }, spec: {} }));
}

/**
 * One way of writing what comes to the same. The API server writes the prefix `/` where a rule has no match, which the files of the tests never
 * went through; CORS is none of the simulator's business.
 */
function canonical(rendered: Rendered): Rendered {
  const parsed = JSON.parse(JSON.stringify(rendered), (key, member: unknown) => {
    if (key === 'corsPolicy' || (key === 'destination' && JSON.stringify(member) === '{"host":""}')) {
      return undefined;
    }
    const isDuration = (key === 'timeout' || key === 'backoff' || key === 'perTryTimeout') && typeof member === 'string';
    if (key === 'retries' && (member as { attempts?: number }).attempts === 0) {
      return undefined;
    }
    const isEmpty = typeof member === 'object' && member !== null && !Array.isArray(member) && Object.keys(member).length === 0;
    return isDuration ? seconds(member) : isEmpty && key !== '' && Number.isNaN(Number(key)) ? undefined : member;
  }) as { http?: VirtualServiceHttp[] };
  const anything = { uri: { prefix: '/' } };
  const http = parsed.http?.map((route) => ({ ...route, match: route.match?.map((match) => ({ ...anything, ...match })) ?? [anything] }));
  const reordered = http && inOrder(http.map((route) => ({ route }))).map(({ route }) => route);
  return { ...parsed, ...(http ? { http: parsed.http?.some(({ match }) => !match?.[0]?.uri) ? reordered : http } : {}) } as Rendered;
}
