import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import type { ModelObject } from '../../constructs/model/object';

/** What somebody else says of an object. */
export interface Judgement {
  readonly accepted: boolean;
  readonly said: string;
}

export type Judge = (object: ModelObject) => Promise<Judgement>;

const run = promisify(execFile);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'check-agreement-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** istiod's admission, in the words of `istioctl validate`, which runs the same code. */
export function istioctlJudge(istioctl: string): Judge {
  return (object) => judge(object, (file) => run(istioctl, ['validate', '-f', file]));
}

/** A real API server with Istio's CRDs and webhook: nothing is stored. */
export function serverJudge(kubectl: string, kubeconfig: string, namespace: string): Judge {
  return (object) => {
    const named = { ...object, metadata: { ...object.metadata, name: object.metadata.name ?? 'check-agreement', namespace } };
    return judge(named, (file) => run(kubectl, ['--kubeconfig', kubeconfig, 'apply', '--dry-run=server', '--validate=strict', '-f', file]));
  };
}

async function judge(object: ModelObject, ask: (file: string) => Promise<{ stdout: string; stderr: string }>): Promise<Judgement> {
  const plain = { ...object, origin: undefined };
  const file = path.join(folder, `${(count += 1)}.json`);
  fs.writeFileSync(file, JSON.stringify(plain));
  try {
    const { stdout, stderr } = await ask(file);
    return { accepted: true, said: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { accepted: false, said: stdout + stderr };
  } finally {
    fs.rmSync(file, { force: true });
  }
}

/** Works through a list with a few hands at a time, in order. */
export async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const hand = async (): Promise<void> => {
    while (next < items.length) {
      const at = next;
      next += 1;
      results[at] = await work(items[at]!);
    }
  };
  await Promise.all([hand(), hand()]);
  return results;
}
