import * as v from 'valibot';
import { meshConfigProblems } from '../constructs/mesh/mesh-config';
import { Problem, throwOnProblems } from '../constructs/validation';
import { scenarioProblems } from '../scenarios';
import type { Environment } from './environment';
import { problemOf } from './issue-words';
import { unknownMeshFields } from './mesh-config-fields';
import { environmentSchema } from './schema';

/** A rule between fields. */
interface Rule {
  /** What it reads: it is left out where one of these has a problem of its own. */
  readonly reads: readonly string[];
  problems(environment: Environment, file: string): Problem[];
}

/**
 * Checks an environment and fills in its defaults.
 * @param input what the environment's file exports
 * @param file where it stands, for the messages
 * @throws ProblemError naming every problem with its path, value, rule and mend
 */
export function checkEnvironment(input: unknown, file: string): Environment {
  const { output, issues = [] } = v.safeParse(environmentSchema, input);
  const broken = issues.map((issue) => v.getDotPath(issue) ?? '');
  // What was read is an environment as far as nothing was broken, and no rule looks further.
  const environment = output as Environment;
  const problems = [
    ...issues.map((issue) => problemOf(issue, file)),
    ...RULES.filter(({ reads }) => !reads.some((read) => broken.some((path) => touches(path, read)))).flatMap((rule) =>
      rule.problems(environment, file),
    ),
  ];
  const said = new Set<string>();
  throwOnProblems(
    `${file} does not describe an environment:`,
    // Two checks of one value, such as a whole number and its range, say the same.
    problems.filter(({ at, rule }) => !said.has(`${at} ${rule}`) && said.add(`${at} ${rule}`)),
  );
  return environment;
}

/** Whether one of two paths lies on the other. */
function touches(one: string, other: string): boolean {
  return one === '' || one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`);
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

const RULES: readonly Rule[] = [
  { reads: ['cluster.kind', 'mesh.flavor'], problems: (environment, file) => flavorProblems(environment, environment.mesh.flavor, file) },
  { reads: ['mesh.meshConfig'], problems: unknownFieldProblems },
  { reads: ['mesh.flavor', 'mesh.meshConfig'], problems: refusedFieldProblems },
  { reads: ['mesh.addon'], problems: activeProblems },
  { reads: ['cluster.kind', 'cluster.systemPool', 'cluster.userPool', 'cluster.nodePools'], problems: poolProblems },
  { reads: ['cluster.kind', 'cluster.profile', 'cluster.privateApiServer', 'cluster.authorizedIpRanges'], problems: apiServerProblems },
  { reads: ['cluster.kind', 'cluster.profile', 'mesh.flavor', 'mesh.helm.trafficRedirection', 'mesh.addon.trafficRedirection'], problems: redirectionProblems },
  { reads: ['cluster.kind', 'state.kind'], problems: stateProblems },
  { reads: ['traffic.scenario'], problems: ({ traffic }, file) => scenarioProblems(traffic.scenario, `${file}: traffic.scenario`) },
];

function unknownFieldProblems({ mesh }: Environment, file: string): Problem[] {
  // Either may be of the wrong type: that is said elsewhere.
  const versions = [mesh.helm?.version, mesh.addon?.revisions].flat();
  return unknownMeshFields(mesh.meshConfig, versions, `${file}: mesh.meshConfig`);
}

function refusedFieldProblems(environment: Environment, file: string): Problem[] {
  const { flavor, meshConfig } = environment.mesh;
  const unknown = new Set(unknownFieldProblems(environment, file).map(({ at }) => at));
  return flavor === 'addon' ? meshConfigProblems(meshConfig, `${file}: mesh.meshConfig`).filter(({ at }) => !unknown.has(at)) : [];
}

function activeProblems({ mesh }: Environment, file: string): Problem[] {
  return mesh.addon?.active === undefined || mesh.addon.revisions.includes(mesh.addon.active)
    ? []
    : [
        {
          at: `${file}: mesh.addon.active`,
          value: mesh.addon.active,
          rule: `the active revision must be one of ${mesh.addon.revisions.join(', ')}`,
          mend: 'Name one of them, or add it to mesh.addon.revisions',
        },
      ];
}

function poolProblems({ cluster }: Environment, file: string): Problem[] {
  if (cluster.kind !== 'aks') {
    return [];
  }
  const pools = { systemPool: cluster.systemPool, userPool: cluster.userPool, ...Object.fromEntries(Object.entries(cluster.nodePools).map(([name, pool]) => [`nodePools.${name}`, pool])) };
  return Object.entries(pools)
    .filter(([, { min, max }]) => max < min)
    .map(([name, pool]) => ({ at: `${file}: cluster.${name}`, value: pool, rule: 'max must not be less than min', mend: `Raise max to at least ${pool.min}` }));
}

function stateProblems({ cluster, state }: Environment, file: string): Problem[] {
  return state.kind === 'azurerm' && cluster.kind === 'kubeconfig'
    ? [
        {
          at: `${file}: state.kind`,
          value: 'azurerm',
          rule: 'an environment entered by a kubeconfig has no Azure login to reach that state with',
          mend: "Use state: { kind: 'local' }",
        },
      ]
    : [];
}

/** Who may reach the API server, of whom the profile production asks more. */
function apiServerProblems({ cluster }: Environment, file: string): Problem[] {
  if (cluster.kind !== 'aks') {
    return [];
  }
  const at = `${file}: cluster.authorizedIpRanges`;
  if (cluster.privateApiServer && cluster.authorizedIpRanges) {
    return [{ at, value: cluster.authorizedIpRanges, rule: 'a private API server takes no ranges', mend: 'Leave authorizedIpRanges or privateApiServer out' }];
  }
  return cluster.profile === 'production' && !cluster.privateApiServer && !cluster.authorizedIpRanges?.length
    ? [
        {
          at,
          rule: 'in production the API server answers known addresses only',
          mend: 'Name the ranges of those who deploy, or set privateApiServer: true',
          see: 'https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges',
        },
      ]
    : [];
}

/** In production Azure Policy refuses the privileges that an init container needs. */
function redirectionProblems({ cluster, mesh }: Environment, file: string): Problem[] {
  return cluster.kind === 'aks' && cluster.profile === 'production' && mesh[mesh.flavor]?.trafficRedirection === 'init'
    ? [
        {
          at: `${file}: mesh.${mesh.flavor}.trafficRedirection`,
          value: 'init',
          rule: 'in production Azure Policy is on, and its initiatives refuse the NET_ADMIN that the init container of each pod needs',
          mend:
            mesh.flavor === 'helm'
              ? "Set it to 'cni'"
              : "Set it to 'cni' where the add-on was installed at asm-1-30 or later, or switched by `az aks mesh enable-istio-cni`; azurerm cannot set it",
          see: 'https://learn.microsoft.com/azure/aks/istio-cni',
        },
      ]
    : [];
}
