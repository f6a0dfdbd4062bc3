import { Aspects, IResolvable, TerraformResource } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { FIELD_MANAGER, MANAGED_BY_LABEL } from './field-manager';

interface Metadata {
  readonly labels?: Readonly<Record<string, string>>;
}

/** A typed resource of the kubernetes provider that creates a whole object. */
interface TypedObject extends TerraformResource {
  readonly metadataInput?: Metadata | IResolvable;
  putMetadata(metadata: Metadata): void;
}

/**
 * Labels every typed object below a scope as managed by this program, so that a run that finds one which its state does not
 * know can tell its own from somebody else's. Objects without a typed resource carry our field manager for that.
 */
export function labelManaged(scope: Construct): void {
  Aspects.of(scope).add({
    visit: (node) => {
      if (isTypedObject(node)) {
        const metadata = node.metadataInput as Metadata | undefined;
        node.putMetadata({ ...metadata, labels: { ...metadata?.labels, [MANAGED_BY_LABEL]: FIELD_MANAGER } });
      }
    },
  });
}

function isTypedObject(node: IConstruct): node is TypedObject {
  return TerraformResource.isTerraformResource(node) && /^kubernetes_\w+_v\d\w*$/.test(node.terraformResourceType) && 'putMetadata' in node;
}
