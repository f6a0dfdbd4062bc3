import { ContainerRegistryCacheRule } from '@cdktf/provider-azurerm/lib/container-registry-cache-rule';
import { ContainerRegistryCredentialSet } from '@cdktf/provider-azurerm/lib/container-registry-credential-set';
import { Construct } from 'constructs';
import { Problem, throwOnProblems } from '../validation';
import type { KeyVault } from './key-vault';

/** Repositories of Docker Hub that Istio and Bookinfo are pulled from. */
export const MIRRORED_IMAGES: readonly string[] = [
  'istio/pilot',
  'istio/proxyv2',
  'istio/install-cni',
  'istio/ztunnel',
  'istio/examples-bookinfo-productpage-v1',
  'istio/examples-bookinfo-details-v1',
  'istio/examples-bookinfo-ratings-v1',
  'istio/examples-bookinfo-reviews-v1',
  'istio/examples-bookinfo-reviews-v2',
  'istio/examples-bookinfo-reviews-v3',
];

/** An account of Docker Hub, as two secrets of a vault: without one its limits for anonymous pulls apply to the registry as a whole. */
export interface DockerHubAccount {
  /** Key vault that holds the account's secrets. */
  readonly vault: KeyVault;
  /** Name of the secret with the user name. @default 'docker-hub-user' */
  readonly userSecret?: string;
  /** Name of the secret with the access token. @default 'docker-hub-token' */
  readonly tokenSecret?: string;
}

/** Settings of {@link ImageMirror}. */
export interface ImageMirrorProps {
  /** Repositories of Docker Hub. @default {@link MIRRORED_IMAGES} */
  readonly repositories?: readonly string[];
  /** Account by which Docker Hub is asked. @default anonymous */
  readonly account?: DockerHubAccount;
}

/** Rules by which a registry fetches images of Docker Hub at their first pull and keeps them, under the names that they have there. */
export class ImageMirror extends Construct {
  /** What Istio's charts and Bookinfo take as their registry. */
  readonly hub: string;

  /** @throws ProblemError for a repository that is not of Docker Hub's form */
  constructor(scope: Construct, id: string, props: ImageMirrorProps & { readonly registryId: string; readonly loginServer: string }) {
    super(scope, id);
    const { repositories = MIRRORED_IMAGES, account, registryId } = props;
    throwOnProblems('This registry cannot mirror these images:', repositoryProblems(repositories, this.node.path));
    this.hub = `${props.loginServer}/istio`;
    const credentialSetId = account && this.credentials(account, registryId);
    for (const repository of repositories) {
      new ContainerRegistryCacheRule(this, repository.replaceAll('/', '-'), {
        name: cacheRuleName(repository),
        containerRegistryId: registryId,
        sourceRepo: `docker.io/${repository}`,
        targetRepo: repository,
        credentialSetId,
      });
    }
  }

  private credentials({ vault, userSecret = 'docker-hub-user', tokenSecret = 'docker-hub-token' }: DockerHubAccount, containerRegistryId: string): string {
    const set = new ContainerRegistryCredentialSet(this, 'DockerHub', {
      name: 'docker-hub',
      containerRegistryId,
      loginServer: 'docker.io',
      identity: { type: 'SystemAssigned' },
      authenticationCredentials: {
        usernameSecretId: `https://${vault.name}.vault.azure.net/secrets/${userSecret}`,
        passwordSecretId: `https://${vault.name}.vault.azure.net/secrets/${tokenSecret}`,
      },
    });
    vault.grantRead('DockerHub', set.identity.principalId);
    return set.id;
  }
}

function repositoryProblems(repositories: readonly string[], at: string): Problem[] {
  return repositories
    .filter((repository) => !/^[a-z0-9][-a-z0-9_.]*\/[a-z0-9][-a-z0-9_.]*$/.test(repository))
    .map((value) => ({ at: `${at}: repositories`, value, rule: 'must be a repository of Docker Hub', mend: 'Write it like istio/pilot, without host and tag' }));
}

/** Letters and digits with single dashes between them, at most 49 characters. */
function cacheRuleName(repository: string): string {
  return repository
    .replaceAll(/[^a-zA-Z0-9]+/g, '-')
    .slice(0, 49)
    .replaceAll(/^-|-$/g, '');
}
