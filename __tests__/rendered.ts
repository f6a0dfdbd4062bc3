import { App, TerraformStack } from 'cdktf';
import { KubernetesObject } from '../constructs/kubernetes/object';
import { existingMesh } from '../constructs/mesh/existing-mesh';
import { IMesh, provideMesh } from '../constructs/mesh/mesh';
import { checkObject } from '../constructs/validation/istio/check-object';

type Spec = Record<string, unknown>;
interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Record<string, string> };
  readonly spec: Spec;
}

/** Says that only the experimental channel of the Gateway API has a kind or a field. */
const ON_TRIAL = 'AI1200';
const gateway = (name: string) => ({ selector: { istio: name }, namespace: 'edge', serviceName: name, serviceAccountName: `${name}-sa`, ports: [80, 443] });

export const MESH = existingMesh({ version: '1.29.1', ingressGateway: gateway('ingress'), egressGateway: gateway('egress') });

/** A stack in an app of its own, within a mesh. */
export function meshStack(mesh: IMesh = MESH): TerraformStack {
  const stack = new TerraformStack(new App({ stackTraces: false }), 'stack');
  provideMesh(stack, mesh);
  return stack;
}

/** What the constructs below a stack have to say against it. */
export function complaints(stack: TerraformStack): string[] {
  return stack.node.findAll().flatMap((child) => (child === stack ? [] : child.node.validate()));
}

/** Everything that `build` writes, each object held against the schema of its CRD and against Istio's admission rules. */
export function rendered(build: (stack: TerraformStack) => void, mesh: IMesh = MESH): Rendered[] {
  const stack = meshStack(mesh);
  build(stack);
  expect(complaints(stack)).toEqual([]);
  const objects = stack.node.findAll().filter((child) => child instanceof KubernetesObject).map((object) => object.render() as unknown as Rendered);
  for (const object of objects) {
    const findings = checkObject(object as never, { istioVersion: mesh.version }).filter(({ code, severity }) => severity !== 'info' && code !== ON_TRIAL);
    expect(findings.map(({ at, rule }) => `${at}: ${rule}`)).toEqual([]);
  }
  return objects;
}

/** The same, by `Kind name`. */
export function specsOf(build: (stack: TerraformStack) => void, mesh: IMesh = MESH): Record<string, Spec> {
  return Object.fromEntries(rendered(build, mesh).map((object) => [`${object.kind} ${object.metadata.name}`, object.spec]));
}
