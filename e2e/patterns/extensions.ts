import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { existingService } from '../../constructs/kubernetes/service';
import { GrpcJsonTranscoding, WasmFilter } from '../../constructs/patterns';
import { findGo } from '../../local-cluster/programs';
import { must } from '../runner';
import { echoDescriptor } from './descriptor';
import { get, Proof, tally, WEB } from './stage';
import { NAMESPACE, WEB_PORTS } from './workloads';

const ECHO_PORT = 7070;

const transcoding: Proof = {
  name: 'GrpcJsonTranscoding',
  build: (stack) =>
    void new GrpcJsonTranscoding(stack, 'Json', {
      on: existingService({ name: 'echo', namespace: NAMESPACE, ports: [{ name: 'grpc', port: ECHO_PORT }] }),
      port: ECHO_PORT,
      descriptorSet: echoDescriptor(),
      services: ['proto.EchoTestService'],
    }),
  async prove(stage) {
    const answer = await stage.once('JSON of a gRPC service', get('echo', ECHO_PORT, '/echo/hello'), ({ status }) => status === 200);
    const { message } = JSON.parse(answer.body) as { message: string };
    must(/Echo=hello/.test(message), `it answered ${answer.body}`);
    return `GET /echo/hello: ${answer.headers['content-type']}, message with Echo=hello`;
  },
};

const module: { file?: Buffer } = {};

/** Compiles the module of wasm-module/ with the Go that compiles the local cluster. */
async function compileModule(): Promise<Buffer> {
  const go = await findGo({ report: () => undefined, signal: new AbortController().signal });
  const folder = mkdtempSync(path.join(tmpdir(), 'aks-istio-wasm-'));
  try {
    const file = path.join(folder, 'module.wasm');
    execFileSync(go.program, ['build', '-buildmode=c-shared', '-trimpath', '-ldflags', '-s -w', '-o', file, '.'], {
      cwd: path.join(__dirname, 'wasm-module'),
      env: { ...go.env, GOOS: 'wasip1', GOARCH: 'wasm' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const wasm: Proof = {
  name: 'WasmFilter',
  async prepare(stage) {
    module.file = await compileModule();
    await stage.cluster.kubectl(['rollout', 'status', '-n', NAMESPACE, 'deploy/outside', '--timeout=100s']);
    await stage.exec('deploy/outside', 'app', ['sh', '-c', 'base64 -d > /tmp/file'], module.file.toString('base64'));
  },
  build: (stack) =>
    void new WasmFilter(stack, 'Wasm', {
      on: WEB,
      port: WEB_PORTS.wasm,
      module: {
        url: `http://outside.${NAMESPACE}.svc.cluster.local:8080/file`,
        sha256: createHash('sha256').update(module.file ?? '').digest('hex'),
        config: { greeting: 'hello' },
      },
    }),
  async prove(stage) {
    const answer = await stage.once('a header by the module', get('web', WEB_PORTS.wasm, '/'), ({ headers }) => headers['x-module'] !== undefined);
    must(answer.headers['x-module'] === '{"greeting":"hello"}', `x-module: ${answer.headers['x-module']}`);
    const [other] = await stage.send([get('web', WEB_PORTS.plain, '/')]);
    must(other!.status === 200 && other!.headers['x-module'] === undefined, `on another port ${other!.status}, x-module: ${other!.headers['x-module']}`);
    return `${answer.status} with x-module: ${answer.headers['x-module']}, which the module read from its configuration; on another port without`;
  },
};

const forged: Proof = {
  name: 'WasmFilter, a module other than the pinned one',
  build: (stack) =>
    void new WasmFilter(stack, 'Wasm', {
      ...{ on: WEB, port: WEB_PORTS.forged, name: 'web-forged' },
      module: { url: `http://outside.${NAMESPACE}.svc.cluster.local:8080/text/1000`, sha256: 'a'.repeat(64) },
    }),
  async prove(stage) {
    const ask = get('web', WEB_PORTS.forged, '/');
    await stage.once('a refusal', ask, ({ status }) => status === 403);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const answers = await stage.many(8, ask);
    must(tally(answers) === '403 x 8', `with a module of another digest: ${tally(answers)}`);
    return `${tally(answers)}: nobody passes without it`;
  },
};

export const EXTENSIONS: readonly Proof[] = [transcoding, wasm, forged];
