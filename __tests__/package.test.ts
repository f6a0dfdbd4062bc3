import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..');
const { dependencies, peerDependencies } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
/** What npm would install beside the package, by the first part of its name. */
const BESIDE = new Set([...Object.keys({ ...dependencies, ...peerDependencies }), '@types', 'typescript'].map((name) => name.split('/')[0]!));

/** Runs a program of this checkout's; its output goes into the error where it fails. */
function run(file: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CHECKPOINT_DISABLE: '1' } });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${file} ${args.join(' ')}\n${stdout}\n${stderr}`);
  }
}

describe('the packed package', () => {
  let project: string;

  beforeAll(() => {
    project = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-consumer-'));
    const modules = path.join(project, 'node_modules');
    fs.mkdirSync(path.join(modules, 'aks-istio'), { recursive: true });
    // From this checkout: the registry is not needed for it.
    BESIDE.forEach((name) => fs.symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name)));
    // `npm pack` compiles first (prepack).
    run('npm', ['pack', '--silent', '--pack-destination', project], ROOT);
    const tarball = fs.readdirSync(project).find((file) => file.endsWith('.tgz'))!;
    run('tar', ['-xzf', path.join(project, tarball), '-C', path.join(modules, 'aks-istio'), '--strip-components=1'], project);
    fs.cpSync(path.join(__dirname, 'consumer'), project, { recursive: true });
  }, 60_000);

  afterAll(() => fs.rmSync(project, { recursive: true, force: true }));

  test('compiles in a project of somebody else, and synthesises there', () => {
    run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'], project);
    run(process.execPath, ['out/main.js'], project);
    const json = JSON.parse(fs.readFileSync(path.join(project, 'cdktf.out/stacks/shop/cdk.tf.json'), 'utf8')) as {
      resource: { kubernetes_manifest: Record<string, { manifest: { kind: string } }> };
    };
    const kinds = Object.values(json.resource.kubernetes_manifest).map(({ manifest }) => manifest.kind);
    expect(kinds.sort()).toEqual(['AuthorizationPolicy', 'DestinationRule', 'VirtualService']);
  }, 60_000);

  test('holds no test and no source', () => {
    const files = fs.readdirSync(path.join(project, 'node_modules/aks-istio'), { recursive: true }) as string[];
    expect(files.filter((file) => /(^|\/)(__tests__|e2e|bench)\//.test(file) || (file.endsWith('.ts') && !file.endsWith('.d.ts')))).toEqual([]);
  });

  test('passes publint', () => {
    run(process.execPath, [path.join(ROOT, 'node_modules/publint/src/cli.js'), 'run', '--strict', '--pack', 'false', path.join(project, 'node_modules/aks-istio')], project);
  });
});
