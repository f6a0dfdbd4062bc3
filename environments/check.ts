import * as v from 'valibot';
import { meshConfigProblems } from '../constructs/mesh/mesh-config';
import { Problem, throwOnProblems } from '../constructs/validation';
import type { Environment } from './environment';
import { environmentSchema } from './schema';

/**
 * Checks an environment and fills in its defaults.
 * @param input what the environment's file exports
 * @param file where it stands, for the messages
 * @throws ProblemError naming every problem with its path, value, rule and mend
 */
export function checkEnvironment(input: unknown, file: string): Environment {
  const result = v.safeParse(environmentSchema, input);
  if (!result.success) {
    throwOnProblems(summary(file), result.issues.map((issue) => problemOf(issue, file)));
  }
  const environment = result.output as Environment;
  throwOnProblems(summary(file), combinationProblems(environment, file));
  return environment;
}

/** Whether an environment can run a flavour, and if not, why. */
export function flavorProblems(environment: Environment, flavor: Environment['mesh']['flavor'], file: string): Problem[] {
  const at = `${file}: mesh.flavor`;
  const problems: Problem[] = [];
  if (flavor === 'addon' && environment.cluster.kind === 'kubeconfig') {
    problems.push({
      at,
      value: flavor,
      rule: 'the Istio add-on exists only on AKS, and this environment is entered by a kubeconfig',
      mend: "Use flavor 'helm', or a cluster of kind 'aks' or 'existing-aks'",
      see: 'https://learn.microsoft.com/azure/aks/istio-about',
    });
  }
  if (!environment.mesh[flavor]) {
    const example = flavor === 'helm' ? "mesh.helm: { version: '1.29.1' }" : "mesh.addon: { revisions: ['asm-1-30'] }";
    problems.push({ at, value: flavor, rule: `this flavour needs the section mesh.${flavor}`, mend: `Add ${example}` });
  }
  return problems;
}

function combinationProblems(environment: Environment, file: string): Problem[] {
  const { cluster, mesh } = environment;
  const problems = flavorProblems(environment, mesh.flavor, file);
  if (mesh.flavor === 'addon') {
    problems.push(...meshConfigProblems(mesh.meshConfig, `${file}: mesh.meshConfig`));
  }
  if (mesh.addon?.active !== undefined && !mesh.addon.revisions.includes(mesh.addon.active)) {
    problems.push({
      at: `${file}: mesh.addon.active`,
      value: mesh.addon.active,
      rule: `the active revision must be one of ${mesh.addon.revisions.join(', ')}`,
      mend: 'Name one of them, or add it to mesh.addon.revisions',
    });
  }
  if (cluster.kind === 'aks') {
    for (const pool of ['systemPool', 'userPool'] as const) {
      if (cluster[pool].max < cluster[pool].min) {
        problems.push({
          at: `${file}: cluster.${pool}`,
          value: cluster[pool],
          rule: 'max must not be less than min',
          mend: `Raise max to at least ${cluster[pool].min}`,
        });
      }
    }
  }
  problems.push(...productionProblems(environment, file));
  if (environment.state.kind === 'azurerm' && cluster.kind === 'kubeconfig') {
    problems.push({
      at: `${file}: state.kind`,
      value: 'azurerm',
      rule: 'an environment entered by a kubeconfig has no Azure login to reach that state with',
      mend: "Use state: { kind: 'local' }",
    });
  }
  return problems;
}

/** What the profile production asks of the other sections. */
function productionProblems({ cluster, mesh }: Environment, file: string): Problem[] {
  if (cluster.kind !== 'aks') {
    return [];
  }
  const problems: Problem[] = [];
  if (cluster.privateApiServer && cluster.authorizedIpRanges) {
    problems.push({
      at: `${file}: cluster.authorizedIpRanges`,
      value: cluster.authorizedIpRanges,
      rule: 'a private API server takes no ranges',
      mend: 'Leave authorizedIpRanges or privateApiServer out',
    });
  }
  if (cluster.profile !== 'production') {
    return problems;
  }
  if (!cluster.privateApiServer && !cluster.authorizedIpRanges?.length) {
    problems.push({
      at: `${file}: cluster.authorizedIpRanges`,
      rule: 'in production the API server answers known addresses only',
      mend: 'Name the ranges of those who deploy, or set privateApiServer: true',
      see: 'https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges',
    });
  }
  if (mesh[mesh.flavor]?.trafficRedirection === 'init') {
    problems.push({
      at: `${file}: mesh.${mesh.flavor}.trafficRedirection`,
      value: 'init',
      rule: 'in production Azure Policy is on, and its initiatives refuse the NET_ADMIN that the init container of each pod needs',
      mend:
        mesh.flavor === 'helm'
          ? "Set it to 'cni'"
          : "Set it to 'cni' where the add-on was installed at asm-1-30 or later, or switched by `az aks mesh enable-istio-cni`; azurerm cannot set it",
      see: 'https://learn.microsoft.com/azure/aks/istio-cni',
    });
  }
  return problems;
}

function summary(file: string): string {
  return `${file} does not describe an environment:`;
}

function problemOf(issue: v.BaseIssue<unknown>, file: string): Problem {
  const path = v.getDotPath(issue);
  const at = path === null ? file : `${file}: ${path}`;
  if (issue.expected === 'never') {
    return { at, rule: issue.message, mend: 'Remove it, or mend its spelling (the keys are listed in environments/schema.ts)' };
  }
  if (issue.input === undefined) {
    return { at, rule: `is required (${issue.expected})`, mend: 'Add it' };
  }
  if (issue.kind === 'schema') {
    return { at, value: issue.input, rule: `must be ${issue.expected}`, mend: 'Change the value' };
  }
  return { at, value: issue.input, rule: issue.message, mend: 'Change the value' };
}
