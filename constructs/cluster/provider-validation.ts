import { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { formatProblem } from '../validation';

/**
 * Refuses a stack that holds a cluster and a provider that logs in to clusters: at a later plan the provider would have no
 * settings yet, and talk to localhost.
 * @see https://registry.terraform.io/providers/hashicorp/kubernetes/2.38.0/docs#stacking-with-managed-kubernetes-cluster-resources
 */
export function refuseClusterProviders(cluster: IConstruct): void {
  cluster.node.addValidation({
    validate: () =>
      TerraformStack.of(cluster)
        .allProviders()
        .filter((provider) => ['kubernetes', 'helm'].includes(provider.terraformResourceType))
        .map((provider) =>
          formatProblem({
            at: cluster.node.path,
            rule: `a stack holds either a cluster or the ${provider.terraformResourceType} provider (${provider.node.path}), never both`,
            mend: 'Put what goes into the cluster into a stack of its own, with ClusterProviders, and order the two by addDependency',
          }),
        ),
  });
}
