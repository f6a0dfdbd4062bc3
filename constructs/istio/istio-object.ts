import { ITerraformDependable, TerraformStack, Token } from 'cdktf';
import { Construct } from 'constructs';
import { IMesh, MeshFeature, meshOf } from '../mesh/mesh';
import { KubernetesObject } from '../kubernetes/object';
import { formatProblem, Problem, throwOnProblems } from '../validation';
import { type CheckOptions, checkObject } from '../validation/istio/check-object';
import type { Finding } from '../validation/istio/finding';
import { isUnknown } from './unknown';

/** What the objects of Istio's API have in common. */
export interface IstioObjectProps<Spec> {
  /** Namespace that it is written to. */
  readonly namespace: string;
  /** Name of the object in the cluster. @default the construct's id in kebab-case */
  readonly name?: string;
  /** Labels of the object itself, such as `istio.io/rev`. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the object itself. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The mesh that it is written for, which decides what it may say. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
  /**
   * Members of the spec in Istio's own words. Each replaces the one that the construct would render.
   * @default none
   */
  readonly spec?: Partial<Spec>;
  /** What must exist before this object. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** A kind as the generated files name it. */
export interface IstioKind {
  /** Group and version, such as `networking.istio.io/v1`. */
  readonly apiVersion: string;
  /** Name of the kind, such as `VirtualService`. */
  readonly kind: string;
}

/** Kinds that not every installation takes; the feature has the kind's name. */
const OPTIONAL_KINDS: readonly MeshFeature[] = ['WorkloadEntry', 'WorkloadGroup', 'ProxyConfig', 'WasmPlugin', 'TrafficExtension', 'EnvoyFilter', 'TCPRoute'];
/** What Istio takes and a program never means: a route that nothing reaches, an empty list that lets everybody in. */
const SLIPS = ['IST0130', 'AI0808'];
const KUBERNETES_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const known = new WeakMap<TerraformStack, Map<string, string>>();

/**
 * What every object of Istio's API has in common: its mesh, its name, a spec that is rendered late, and checks at synth.
 */
export abstract class IstioObject<Spec extends object> extends Construct {
  /** Mesh that it is written for. */
  readonly mesh: IMesh;
  /** Kind of the object, such as `VirtualService`. */
  readonly kind: string;
  /** Name of the object in the cluster. */
  readonly name: string;
  /** Namespace of the object. */
  readonly namespace: string;
  private readonly overrides: Partial<Spec>;
  private readonly object: KubernetesObject;

  /** @throws ProblemError where there is no mesh, or the name is none that Kubernetes takes */
  protected constructor(scope: Construct, id: string, kind: IstioKind, props: IstioObjectProps<Spec>) {
    super(scope, id);
    this.kind = kind.kind;
    this.name = props.name ?? kebab(id);
    this.namespace = props.namespace;
    this.overrides = props.spec ?? {};
    const mesh = props.mesh ?? meshOf(this);
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...(mesh ? [] : [{ at: this.node.path, rule: `a ${this.kind} belongs to a mesh`, mend: 'Pass `mesh`, or call provideMesh on a scope above' }]),
      ...this.namedProblems(),
    ]);
    this.mesh = mesh as IMesh;
    this.object = new KubernetesObject(this, 'Resource', {
      ...kind,
      metadata: { name: this.name, namespace: props.namespace, labels: props.labels, annotations: props.annotations },
      fields: () => ({ spec: this.spec }),
      dependsOn: props.dependsOn,
    });
    const twin = claim(this, `${kind.apiVersion} ${this.kind} ${this.namespace}/${this.name}`);
    this.node.addValidation({
      validate: () => {
        const unsupported = this.unsupportedProblems();
        const own = [...unsupported, ...(twin ? [this.twinProblem(twin)] : []), ...this.problems()];
        // A mesh that does not take the kind need not say that it does not know it either.
        const found = unsupported.length > 0 ? [] : this.istioProblems();
        return [...own.map(formatProblem), ...found.map((finding) => `${formatProblem(finding)} [${finding.code}]`)];
      },
    });
  }

  /** The spec as it will be written. */
  get spec(): Spec {
    return { ...this.render(), ...this.overrides };
  }

  /** What a `dependsOn` may name; nothing where the object is part of a release, which keeps its own order. */
  get dependables(): readonly ITerraformDependable[] {
    return this.object.dependables;
  }

  /** What a resource waits for that needs this object in the cluster: the object, or the release that it is part of. */
  get appliedBy(): readonly ITerraformDependable[] {
    return this.object.appliedBy;
  }

  /** Renders the spec when everything has been added. */
  protected abstract render(): Spec;

  /** Rules of the whole object, asked at synth. */
  protected problems(): Problem[] {
    return [];
  }

  /** What the object needs of its mesh. */
  protected features(): readonly MeshFeature[] {
    return OPTIONAL_KINDS.filter((kind) => kind === this.kind);
  }

  /** The API that the object is held against. */
  protected checkedBy(): CheckOptions {
    return { istioVersion: this.mesh.version };
  }

  /** Whether the object is not written for this finding. */
  protected refuses(finding: Finding): boolean {
    return isRefused(finding);
  }

  /** Place of a field of this object, for a problem. */
  protected at(field: string): string {
    return `${this.node.path}: ${field}`;
  }

  /** What the API server and istiod's admission would refuse, and slips that they take. */
  private istioProblems(): Finding[] {
    const { apiVersion, kind, metadata } = this.object;
    // As it will be sent: without what is undefined.
    const spec = JSON.parse(JSON.stringify(this.spec)) as Record<string, unknown>;
    const object = { apiVersion, kind, metadata, spec, origin: { constructPath: this.node.path } };
    const findings = checkObject(object, this.checkedBy());
    // What is known only when it is applied cannot be judged before.
    return findings.filter((finding) => this.refuses(finding) && !isUnknown(finding.value));
  }

  private unsupportedProblems(): Problem[] {
    return this.features().flatMap((feature) => {
      const missing = this.mesh.unsupported(feature);
      return missing
        ? [{ at: this.node.path, value: feature, rule: `flavour ${this.mesh.flavor}: ${missing.reason}`, mend: missing.alternative, see: missing.see }]
        : [];
    });
  }

  private namedProblems(): Problem[] {
    const { name, namespace } = this;
    const bad = (value: string, rule: RegExp): boolean => !Token.isUnresolved(value) && !rule.test(value);
    return [
      ...(bad(name, KUBERNETES_NAME)
        ? [{ at: this.at('name'), value: name, rule: 'names are lower-case letters, digits, dashes and dots', mend: 'Give another `name`' }]
        : []),
      ...(namespace === ''
        ? [{ at: this.at('namespace'), rule: `a ${this.kind} lies in a namespace, and none is given`, mend: 'Give `namespace`, or a target that has one' }]
        : bad(namespace, NAMESPACE)
          ? [{ at: this.at('namespace'), value: namespace, rule: 'a namespace has up to 63 lower-case letters, digits and inner dashes', mend: 'Give another `namespace`' }]
          : []),
    ];
  }

  private twinProblem(twin: string): Problem {
    return {
      at: this.node.path,
      value: `${this.namespace}/${this.name}`,
      rule: `${twin} already writes the ${this.kind} of this name`,
      mend: 'Give one of them another `name`, or add to the one that is there',
    };
  }
}

/** Whether an object of ours is not written for this finding. */
export function isRefused({ code, severity }: Finding): boolean {
  return severity === 'error' || SLIPS.includes(code);
}

/** Notes who writes an object; gives the path of an earlier writer. */
function claim(object: Construct, key: string): string | undefined {
  const stack = TerraformStack.of(object);
  const claims = known.get(stack) ?? new Map<string, string>();
  known.set(stack, claims);
  const earlier = claims.get(key);
  claims.set(key, earlier ?? object.node.path);
  return earlier;
}

function kebab(id: string): string {
  return id.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
