import type { ClusterTools } from '../tools/cluster-access';
import { lastLines } from '../tools/process';
import { objectKey, referenceTo } from '../../constructs/kubernetes/conversion/object-data';
import type { ClusterObject } from './recovery';
import type { Report } from './engine';
import type { DeclaredObject } from './stack-file';

/** Terraform's errors without their frames and blank lines. */
export function terraformErrors(stderr: string): string {
  const lines = stderr
    // eslint-disable-next-line no-control-regex
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.replace(/^[│╷╵]\s?/, '').trimEnd())
    .filter((line) => line !== '' && !/^[│╷╵]+$/.test(line));
  const first = lines.findIndex((line) => line.startsWith('Error:'));
  return first < 0 ? lastLines(lines.join('\n'), 15) : lines.slice(first, first + 40).join('\n');
}

/** Objects that the cluster has of those that a stack declares, by address. A kind that the cluster does not know has no objects. */
export async function foundObjects(tools: ClusterTools, declared: readonly DeclaredObject[]): Promise<Map<string, ClusterObject>> {
  if (declared.length === 0) {
    return new Map();
  }
  const items = declared.map(({ object }) => referenceTo(object));
  const got = await tools.kubectl(['get', '-f', '-', '--ignore-not-found', '--show-managed-fields', '-o', 'json'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    timeoutSeconds: 60,
    okCodes: [0, 1],
  });
  const parsed = got.stdout.trim() === '' ? { items: [] } : (JSON.parse(got.stdout) as ClusterObject | { items: ClusterObject[] });
  const objects = 'items' in parsed && Array.isArray(parsed.items) ? (parsed.items as ClusterObject[]) : [parsed as ClusterObject];
  const byKey = new Map(objects.map((object) => [objectKey(object), object]));
  const found = new Map<string, ClusterObject>();
  for (const { address, object } of declared) {
    const existing = byKey.get(objectKey(object));
    if (existing) {
      found.set(address, existing);
    }
  }
  return found;
}

/** Tells what Terraform says that it is doing. */
export function progressLine(line: string, report: Report | undefined): void {
  const progress = /^(\S+): (Creating|Modifying|Destroying|Still \w+|Creation complete|Modifications complete|Destruction complete)/.exec(line);
  if (progress && report) {
    report(`${progress[1]}: ${progress[2].toLowerCase()}`);
  }
}
