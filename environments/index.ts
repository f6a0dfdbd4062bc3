import { ProblemError } from '../constructs/validation';
import { checkEnvironment, flavorProblems } from './check';
import { dev } from './dev';
import type { Environment, EnvironmentInput } from './environment';
import { local } from './local';
import { prod } from './prod';

export * from './environment';
export { checkEnvironment } from './check';
export { environmentSchema } from './schema';
export { PLACEHOLDER_GROUP, PLACEHOLDER_RANGE } from './settings';

type Flavor = Environment['mesh']['flavor'];

const FLAVORS: readonly Flavor[] = ['helm', 'addon'];

/** What one run may change of an environment without touching its file. */
export interface EnvironmentOverrides {
  /** @default the file's */
  readonly flavor?: string;
  /** @default the file's */
  readonly scenario?: string;
  /** Another cluster in place of the one that the environment `local` starts. @default none */
  readonly kubeconfig?: string;
  /** Context of that kubeconfig. @default its current one */
  readonly context?: string;
}

const ENVIRONMENTS: Readonly<Record<string, (overrides: EnvironmentOverrides) => EnvironmentInput>> = {
  local: ({ kubeconfig, context }) => local(kubeconfig, context),
  dev: () => dev,
  prod: () => prod,
};

/** Names of the environments, in the order they are synthesised. */
export function environmentNames(): string[] {
  return Object.keys(ENVIRONMENTS);
}

/**
 * Reads one environment, applies what this run changes, and checks it.
 * @throws ProblemError for an unknown name, a bad file, or an override that the environment cannot take
 */
export function loadEnvironment(name: string, overrides: EnvironmentOverrides = {}): Environment {
  const define = ENVIRONMENTS[name];
  if (!define) {
    throw new ProblemError('There is no such environment:', [
      { at: 'environment', value: name, rule: `must be one of ${environmentNames().join(', ')}`, mend: `Name one of them, or add environments/${name}.ts` },
    ]);
  }
  const file = `environments/${name}.ts`;
  const environment = checkEnvironment(define(overrides), file);
  if (overrides.kubeconfig !== undefined && environment.cluster.kind !== 'kubeconfig') {
    throw new ProblemError('This environment cannot take a kubeconfig:', [
      { at: '--kubeconfig', value: overrides.kubeconfig, rule: `${file} brings its own cluster`, mend: 'Use it with the environment local' },
    ]);
  }
  const scenario = overrides.scenario ?? environment.traffic.scenario;
  const flavor = overrides.flavor === undefined ? environment.mesh.flavor : flavorOf(overrides.flavor);
  if (flavor === environment.mesh.flavor && scenario === environment.traffic.scenario) {
    return environment;
  }
  return checkEnvironment({ ...environment, mesh: { ...environment.mesh, flavor }, traffic: { ...environment.traffic, scenario } }, file);
}

/** What main.ts builds: the environments that a run selects. */
export interface Selection {
  /** @default every environment */
  readonly environment?: string;
  readonly flavor?: string;
}

/**
 * Selects environments for a synth. A flavour given for all of them is taken by those that can; given with a name that
 * cannot take it, it is an error.
 * @throws ProblemError as {@link loadEnvironment}
 */
export function selectEnvironments(selection: Selection): Environment[] {
  if (selection.environment) {
    return [loadEnvironment(selection.environment, { flavor: selection.flavor })];
  }
  const flavor = selection.flavor === undefined ? undefined : flavorOf(selection.flavor);
  return environmentNames().map((name) => {
    const environment = loadEnvironment(name);
    const takes = flavor !== undefined && flavorProblems(environment, flavor, name).length === 0;
    return takes ? loadEnvironment(name, { flavor }) : environment;
  });
}

function flavorOf(value: string): Flavor {
  const flavor = FLAVORS.find((candidate) => candidate === value);
  if (!flavor) {
    throw new ProblemError('There is no such mesh flavour:', [
      { at: 'MESH_FLAVOR, --mesh', value, rule: `must be one of ${FLAVORS.join(', ')}`, mend: 'Name one of them' },
    ]);
  }
  return flavor;
}
