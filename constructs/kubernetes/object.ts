import { Manifest } from '@cdktf/provider-kubernetes/lib/manifest';
import { ITerraformDependable, Lazy } from 'cdktf';
import { Construct } from 'constructs';
import { formatProblem } from '../validation';
import { FIELD_MANAGER } from './field-manager';
import { nullPaths, ObjectValue, toLiteral } from './literal';
import { ObjectRelease } from './object-release';

/** Who an object is. */
export interface ObjectMetadata {
  /** Name of the object. */
  readonly name: string;
  /** Namespace of the object. @default none: the kind is cluster-scoped */
  readonly namespace?: string;
  /** Labels of the object. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the object. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Settings of {@link KubernetesObject}. */
export interface KubernetesObjectProps {
  /** Group and version of its kind. */
  readonly apiVersion: string;
  /** Kind of the object. */
  readonly kind: string;
  /** Name, namespace, labels and annotations. */
  readonly metadata: ObjectMetadata;
  /**
   * The members beside `apiVersion`, `kind` and `metadata`, usually `{ spec }`. Called late, when everything has been added.
   */
  readonly fields: () => Readonly<Record<string, unknown>>;
  /** What must exist before this object. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
  /**
   * Field paths that the server may set or rewrite, such as `spec.defaulted`; added to the labels and annotations.
   * @default none
   */
  readonly computedFields?: readonly string[];
}

/**
 * A Kubernetes object of a kind that has no typed Terraform resource. The only writer of such objects: it escapes templates,
 * drops undefined, refuses null and keeps what is empty.
 *
 * In a stack with an {@link ObjectRelease} the object becomes part of that release; elsewhere it is a `kubernetes_manifest` of its own.
 * @see https://registry.terraform.io/providers/hashicorp/kubernetes/2.38.0/docs/resources/manifest
 */
export class KubernetesObject extends Construct {
  /** Group and version of its kind. */
  readonly apiVersion: string;
  /** Kind of the object. */
  readonly kind: string;
  /** Name, namespace, labels and annotations. */
  readonly metadata: ObjectMetadata;
  /** What a `dependsOn` may name; nothing where the object is part of a release, which keeps its own order. */
  readonly dependables: readonly ITerraformDependable[];
  private readonly fields: KubernetesObjectProps['fields'];

  constructor(scope: Construct, id: string, props: KubernetesObjectProps) {
    super(scope, id);
    this.apiVersion = props.apiVersion;
    this.kind = props.kind;
    this.metadata = props.metadata;
    this.fields = props.fields;
    this.node.addValidation({
      validate: () => nullPaths(this.fields(), `${this.node.path}: ${this.kind} ${this.metadata.name}`).map(formatProblem),
    });
    const release = ObjectRelease.of(this);
    if (release) {
      release.add(this, props.dependsOn ?? []);
      this.dependables = [];
      return;
    }
    const manifest = new Manifest(this, 'Resource', {
      manifest: Lazy.anyValue({ produce: () => this.render() }) as unknown as Record<string, unknown>,
      fieldManager: { name: FIELD_MANAGER, forceConflicts: true },
      computedFields: ['metadata.labels', 'metadata.annotations', ...(props.computedFields ?? [])],
      dependsOn: props.dependsOn ? [...props.dependsOn] : undefined,
    });
    this.dependables = [manifest];
  }

  /** What a resource waits for that needs this object in the cluster: the object, or the release that it is part of. */
  get appliedBy(): readonly ITerraformDependable[] {
    const release = ObjectRelease.of(this);
    return release ? [release.dependable] : this.dependables;
  }

  /** The whole object as Terraform should read it: templates escaped, undefined dropped. */
  render(): Record<string, ObjectValue> {
    return toLiteral({
      apiVersion: this.apiVersion,
      kind: this.kind,
      metadata: { ...this.metadata },
      ...this.fields(),
    }) as Record<string, ObjectValue>;
  }
}
