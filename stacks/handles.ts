import { App } from 'cdktf';
import type { Environment } from '../environments';
import { BuiltEnvironment, buildEnvironment } from './index';

/** What the layers of an environment tell each other: plain data, as known before anything is applied. */
export type EnvironmentHandles = Omit<BuiltEnvironment, 'stacks'>;

/** Reads the handles of an environment without writing anything. */
export function handlesOf(environment: Environment): EnvironmentHandles {
  const { cluster, mesh, bookinfo } = buildEnvironment(new App({ stackTraces: false }), environment);
  return { cluster, mesh, bookinfo };
}
