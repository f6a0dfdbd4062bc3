import type { AnyObject } from '../../constructs/model';
import type { Cluster } from './cluster';

/** Leaves out what is undefined, which Kubernetes does not take. */
export function clean<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

/** Applies one by one what the admission webhook takes. */
export async function applyAccepted(cluster: Cluster, objects: readonly AnyObject[]): Promise<{ accepted: AnyObject[]; rejected: string[] }> {
  const accepted: AnyObject[] = [];
  const rejected: string[] = [];
  const pending = [...objects];
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let object = pending.shift(); object; object = pending.shift()) {
        try {
          await cluster.apply([object]);
          accepted.push(object);
        } catch (error) {
          rejected.push(`${object.metadata.name}: ${String(error)}`);
        }
      }
    }),
  );
  return { accepted, rejected };
}
