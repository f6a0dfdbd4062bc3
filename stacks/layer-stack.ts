import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { AzurermBackend, LocalBackend, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { labelManaged } from '../constructs/kubernetes/managed-by';
import type { Environment, Layer } from '../environments';

/** Context key that moves local state: a folder, for example of a test. */
const STATE_CONTEXT = 'stateDirectory';

/** Folder of local state in the project: not in the output folder, which every synth may empty. */
const STATE_DIRECTORY = path.join('.aks-istio', 'state');

/**
 * One layer of an environment: a stack named `<environment>-<layer>`, whose state lies where the environment says, one file for each layer.
 */
export class LayerStack extends TerraformStack {
  constructor(
    scope: Construct,
    readonly layer: Layer,
    environment: Environment,
  ) {
    super(scope, `${environment.name}-${layer}`);
    labelManaged(this);
    const { state } = environment;
    if (state.kind === 'azurerm') {
      // Names only: Terraform logs in by Entra (ARM_*, az), so that no key lands in the synthesised files.
      new AzurermBackend(this, {
        resourceGroupName: state.resourceGroupName,
        storageAccountName: state.storageAccountName,
        containerName: state.containerName,
        key: `${environment.name}/${layer}.tfstate`,
        subscriptionId: state.subscriptionId,
        useAzureadAuth: true,
      });
    } else {
      const directory = path.resolve((this.node.tryGetContext(STATE_CONTEXT) as string | undefined) ?? STATE_DIRECTORY);
      new LocalBackend(this, { path: path.join(directory, stateOwner(environment), `${layer}.tfstate`) });
    }
  }
}

/** An environment that takes any cluster has a state for each: what one holds says nothing about another. */
function stateOwner({ name, cluster }: Environment): string {
  if (cluster.kind !== 'kubeconfig') {
    return name;
  }
  const digest = createHash('sha256').update(JSON.stringify([path.resolve(cluster.path), cluster.context ?? '']));
  return `${name}-${digest.digest('hex').slice(0, 8)}`;
}
