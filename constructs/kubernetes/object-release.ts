import * as path from 'node:path';
import { Release } from '@cdktf/provider-helm/lib/release';
import { AssetType, dependable, ITerraformDependable, Lazy, TerraformAsset, TerraformStack } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { stringify } from 'yaml';
import type { ObjectValue } from './literal';
import { releaseDefaults } from './release-defaults';

const releases = new WeakMap<TerraformStack, ObjectRelease>();

interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  render(): Record<string, ObjectValue>;
}

/** Settings of {@link ObjectRelease}. */
export interface ObjectReleaseProps {
  /** Helm release name. */
  readonly name: string;
  /** Namespace that holds the release's record; it must exist. */
  readonly namespace: string;
  /** Seconds that Helm may take to apply everything. @default 300 */
  readonly timeoutSeconds?: number;
}

/**
 * Puts every {@link KubernetesObject} of its stack into one Helm release of a chart that renders them as they are.
 * Plans need no CRDs, an apply is several times faster than object by object, a failed one is rolled back as a whole, and a
 * release that a crash left behind is adopted. The price: drift of a single object is not seen.
 *
 * Create it before the objects.
 */
export class ObjectRelease extends Construct {
  /** The release that objects of this scope's stack go into, where there is one. */
  static of(scope: IConstruct): ObjectRelease | undefined {
    return releases.get(TerraformStack.of(scope));
  }

  /** What a `dependsOn` names that waits for the whole release; none of the release's own objects can. */
  readonly dependable: ITerraformDependable;
  private readonly objects: Rendered[] = [];
  private readonly dependencies = new Set<string>();

  /** @throws Error where the stack already has one */
  constructor(scope: Construct, id: string, props: ObjectReleaseProps) {
    super(scope, id);
    const stack = TerraformStack.of(this);
    if (releases.has(stack)) {
      throw new Error(
        `${this.node.path}: stack ${stack.node.id} already has an ObjectRelease (${releases.get(stack)?.node.path}): ` +
          'a stack holds one. Use that one, or put these objects into a stack of their own.',
      );
    }
    releases.set(stack, this);
    const chart = new TerraformAsset(this, 'Chart', { path: path.join(__dirname, 'objects-chart'), type: AssetType.DIRECTORY });
    const resource = new Release(this, 'Resource', {
      ...releaseDefaults(props.timeoutSeconds ?? 300),
      name: props.name,
      namespace: props.namespace,
      chart: chart.path,
      values: [
        // YAML over JSON: Terraform diffs it line by line.
        Lazy.stringValue({ produce: (context) => toYaml({ objects: context.resolve(this.renderAll()) }) }),
      ],
    });
    this.dependable = resource;
    resource.dependsOn = Lazy.listValue({ produce: () => [...this.dependencies] }, { omitEmpty: true });
  }

  /** Puts an object into the release. Called by {@link KubernetesObject}. */
  add(object: Rendered, dependsOn: readonly ITerraformDependable[]): void {
    this.objects.push(object);
    // Terraform wants bare addresses here, not expressions.
    dependsOn.forEach((dependency) => this.dependencies.add(dependable(dependency)));
  }

  private renderAll(): Record<string, ObjectValue>[] {
    return this.objects.map((object) => object.render());
  }
}

function toYaml(values: unknown): string {
  // Line folding would turn long expressions into unreadable diffs.
  // Helm reads YAML 1.1, where a bare yes or 12:30 is no text.
  return stringify(values, { lineWidth: 0, schema: 'yaml-1.1' });
}
