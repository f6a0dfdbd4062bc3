import { namesOf } from '../../constructs/cluster/aks-names';
import type { Environment } from '../../environments/environment';
import type { Ask, Read } from './ask';
import { readJson } from './ask';

/** An environment's own cluster on AKS. */
export type AksSettings = Extract<Environment['cluster'], { kind: 'aks' }>;

/** Something about this machine that the local cluster cannot live with. */
export interface MachineProblem {
  readonly what: string;
  readonly why: string;
  readonly mend: string;
}

/** A name that has to be unique in all of Azure. */
export interface GlobalName {
  readonly kind: 'registry' | 'vault' | 'storageAccount';
  readonly name: string;
}

/** What is looked at, and what it is looked at with. */
export interface Subject {
  readonly environment: Environment;
  readonly ask: Ask;
  /** Environment variables of whoever runs the command. */
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Time that Azure's login service states; nothing where it cannot be reached. */
  readonly serverTime: () => Promise<Date | undefined>;
  /** How stacks are applied: Terraform always, or what `auto` finds. @default 'auto' */
  readonly engine: 'auto' | 'terraform' | 'direct';
  /** Azure resource providers behind what the cluster layer creates. */
  readonly resourceProviders: readonly string[];
  /** What stands beside the cluster under a name that nobody else in Azure may have. */
  readonly globalNames: readonly GlobalName[];
  /** Its cluster is the one that `up` starts on this machine; programs come with it. */
  readonly isBuiltHere: boolean;
  /** Whether that cluster runs, and what keeps it from running on this machine. */
  readonly machine: () => Promise<{ readonly isRunning: boolean; readonly problems: readonly MachineProblem[] }>;
}

/** Where the AKS cluster of an environment is, whether it exists or not; nothing where it is no AKS cluster. */
export function aksPlace(environment: Environment): { readonly name: string; readonly resourceGroupName: string } | undefined {
  const { cluster } = environment;
  if (cluster.kind === 'existing-aks') {
    return { name: cluster.name, resourceGroupName: cluster.resourceGroupName };
  }
  if (cluster.kind === 'aks') {
    const names = namesOf(`${environment.name}-aks`);
    return { name: names.cluster, resourceGroupName: names.resourceGroup };
  }
  return undefined;
}

/** Subscription that the environment is in, where it can be told without asking. */
export function subscriptionOf({ environment, env }: Pick<Subject, 'environment' | 'env'>): string | undefined {
  const fromFile = environment.cluster.kind === 'kubeconfig' ? undefined : environment.cluster.subscriptionId;
  return fromFile ?? (env.ARM_SUBSCRIPTION_ID || undefined);
}

/** Puts a question to az in the environment's subscription. */
export function askAz<T>(subject: Subject, ...args: string[]): Promise<Read<T>> {
  const subscription = subscriptionOf(subject);
  const within = subscription && !args.includes('--subscription') && args[0] !== 'ad' && args[0] !== 'rest' ? ['--subscription', subscription] : [];
  return readJson<T>(subject.ask('az', [...args, ...within, '--output', 'json', '--only-show-errors']));
}
