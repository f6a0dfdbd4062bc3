import type { Problem } from '../constructs/validation';
import { scenarioProblems } from '../scenarios';
import { checkEnvironment, flavorProblems } from './check';
import { ChoiceError } from './choice-error';
import { dev } from './dev';
import type { Environment, EnvironmentInput } from './environment';
import { local } from './local';
import { prod } from './prod';
import { suggest } from '../constructs/validation/suggest';

export * from './environment';
export { checkEnvironment } from './check';
export { ChoiceError } from './choice-error';
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
 * @throws ChoiceError for an unknown name, or overrides that the environment cannot take; all that is wrong with these at once
 * @throws ProblemError for a bad file
 */
export function loadEnvironment(name: string, overrides: EnvironmentOverrides = {}): Environment {
  // Not every name that an object answers to is one of its own.
  const define = Object.hasOwn(ENVIRONMENTS, name) ? ENVIRONMENTS[name] : undefined;
  if (!define) {
    throw new ChoiceError('There is no such environment:', [nameProblem(name), ...flavorNameProblems(overrides.flavor), ...scenarioChoiceProblems(overrides.scenario)]);
  }
  const file = `environments/${name}.ts`;
  const environment = checkEnvironment(define(overrides), file);
  const flavor = FLAVORS.find((candidate) => candidate === (overrides.flavor ?? environment.mesh.flavor));
  const problems = [
    ...flavorNameProblems(overrides.flavor),
    ...(overrides.flavor !== undefined && flavor ? flavorProblems(environment, flavor, file) : []),
    ...scenarioChoiceProblems(overrides.scenario),
    ...kubeconfigProblems(environment, overrides, file),
  ];
  if (problems.length > 0) {
    throw new ChoiceError(`The environment ${name} does not take these options:`, problems);
  }
  const scenario = overrides.scenario ?? environment.traffic.scenario;
  if (flavor === environment.mesh.flavor && scenario === environment.traffic.scenario) {
    return environment;
  }
  return checkEnvironment({ ...environment, mesh: { ...environment.mesh, flavor }, traffic: { ...environment.traffic, scenario } }, file);
}

function nameProblem(name: string): Problem {
  const mend = suggest(name, environmentNames());
  const add = mend.startsWith('Choose') && /^[a-z][a-z0-9-]*$/.test(name) ? `, or add environments/${name}.ts` : '';
  return { at: 'environment', value: name, rule: 'there is no environment of this name', mend: `${mend}${add}` };
}

function scenarioChoiceProblems(scenario: string | undefined): Problem[] {
  return scenario === undefined ? [] : scenarioProblems(scenario, 'scenario');
}

function kubeconfigProblems({ cluster }: Environment, { kubeconfig, context }: EnvironmentOverrides, file: string): Problem[] {
  if (kubeconfig !== undefined && cluster.kind !== 'kubeconfig') {
    return [{ at: '--kubeconfig', value: kubeconfig, rule: `${file} brings its own cluster`, mend: 'Use it with the environment local' }];
  }
  return kubeconfig === undefined && context !== undefined
    ? [{ at: '--context', value: context, rule: 'it names a context of the file that --kubeconfig names', mend: 'Add --kubeconfig FILE' }]
    : [];
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
 * @throws ChoiceError, ProblemError as {@link loadEnvironment}
 */
export function selectEnvironments(selection: Selection): Environment[] {
  if (selection.environment) {
    return [loadEnvironment(selection.environment, { flavor: selection.flavor })];
  }
  const problems = flavorNameProblems(selection.flavor);
  if (problems.length > 0) {
    throw new ChoiceError('There is no such mesh flavour:', problems);
  }
  const flavor = FLAVORS.find((candidate) => candidate === selection.flavor);
  return environmentNames().map((name) => {
    const environment = loadEnvironment(name);
    const takes = flavor !== undefined && flavorProblems(environment, flavor, name).length === 0;
    return takes ? loadEnvironment(name, { flavor }) : environment;
  });
}

function flavorNameProblems(flavor: string | undefined): Problem[] {
  return flavor === undefined || FLAVORS.some((known) => known === flavor)
    ? []
    : [{ at: 'MESH_FLAVOR, --mesh', value: flavor, rule: `must be one of ${FLAVORS.join(', ')}`, mend: suggest(flavor, FLAVORS) }];
}
