import { TerraformResource } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * Leaves tags alone that somebody else writes on the resources below a scope, such as a policy of the subscription: they would be a
 * difference in every plan. Call it when all of the resources are there.
 * @param names keys of the tags
 */
export function ignoreForeignTags(scope: IConstruct, names: readonly string[]): void {
  if (names.length === 0) {
    return;
  }
  const paths = names.map((name) => `tags[${JSON.stringify(name)}]`);
  for (const resource of scope.node.findAll().filter(TerraformResource.isTerraformResource)) {
    const ignored = resource.lifecycle?.ignoreChanges ?? [];
    // Resources without tags have no such attribute, and Terraform refuses to ignore what is not there.
    if ('tagsInput' in resource && ignored !== 'all') {
      resource.lifecycle = { ...resource.lifecycle, ignoreChanges: [...ignored, ...paths] };
    }
  }
}
