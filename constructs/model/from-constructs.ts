import { DefaultTokenResolver, StringConcat, TerraformResource, TerraformStack, Tokenization } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import { isObjectResource, toKubernetesObject } from '../kubernetes/conversion/conversion';
import { References, unescapeTemplate } from '../kubernetes/conversion/references';
import { KubernetesObject } from '../kubernetes/object';
import type { IService } from '../kubernetes/service';
import { IMesh, MeshGateway, meshOf } from '../mesh/mesh';
import { MeshContext, MeshModel, ModelGateway } from './mesh-model';
import { AnyObject, groupOf, ModelObject, namespaceOf } from './object';

export interface ModelOfOptions {
  /** The mesh that the objects live in. @default the one that the nearest scope provides, or the first below */
  readonly mesh?: IMesh;
  /** Services that are not among the constructs, because they exist already or another stack makes them. @default none */
  readonly services?: readonly IService[];
  /** What is known of the mesh beyond that. @default nothing */
  readonly context?: MeshContext;
}

/**
 * The model of everything below a scope: an app, a stack, or a part of one. Nothing is written and nothing is applied.
 * Services that constructs were merely handed, such as those of `existingService`, count as running their versions.
 */
export function modelOf(scope: Construct, options: ModelOfOptions = {}): MeshModel {
  const constructs = scope.node.findAll();
  const mesh = options.mesh ?? meshOf(scope) ?? constructs.map(meshOf).find((found) => found !== undefined);
  const objects: AnyObject[] = [
    ...constructs.filter((construct) => construct instanceof KubernetesObject).map(fromKubernetesObject),
    ...stacksOf(scope, constructs).flatMap((stack) => fromStack(stack, scope)),
  ];
  const services = [...(options.services ?? []), ...constructs.filter(isService)];
  return new MeshModel([...objects, ...objectsOfServices(services, objects)] as readonly ModelObject[], {
    ...(mesh ? contextOf(mesh) : {}),
    ...options.context,
  });
}

/** What a model has to know of a mesh. */
export function contextOf(mesh: IMesh): MeshContext {
  const gateways: readonly (readonly [NonNullable<ModelGateway['role']>, MeshGateway | undefined])[] = [
    ['ingress', mesh.ingressGateway],
    ['internalIngress', mesh.internalIngressGateway],
    ['egress', mesh.egressGateway],
    ['eastWest', mesh.eastWestGateway],
  ];
  return {
    rootNamespace: mesh.rootNamespace,
    trustDomain: mesh.trustDomain,
    clusterDomain: mesh.clusterDomain,
    istioVersion: mesh.version,
    injectionLabels: mesh.injectionLabels,
    extensionProviders: mesh.extensionProviders,
    gatewayApiChannel: mesh.gatewayApi?.channel,
    gateways: gateways.flatMap(([role, gateway]): ModelGateway[] =>
      gateway
        ? [
            {
              role,
              namespace: gateway.namespace,
              labels: gateway.selector,
              serviceAccountName: gateway.serviceAccountName,
              serviceName: gateway.serviceName,
              ports: gateway.ports,
            },
          ]
        : [],
    ),
  };
}

function fromKubernetesObject(construct: KubernetesObject): AnyObject {
  const resolved: unknown = Tokenization.resolve(construct.render(), {
    scope: construct,
    resolver: new DefaultTokenResolver(new StringConcat()),
    preparing: false,
  });
  return { ...(unescape(resolved) as AnyObject), origin: { constructPath: pathOf(construct.node.path) } };
}

/** Objects of typed resources, whose stack says them in Terraform's words. */
function fromStack(stack: TerraformStack, scope: Construct): AnyObject[] {
  interface Body extends Readonly<Record<string, unknown>> {
    readonly '//'?: { readonly metadata?: { readonly path?: string } };
  }
  // Rendering a stack is the larger part of its synth: not where it holds no typed object.
  const isTyped = (construct: IConstruct): boolean =>
    TerraformResource.isTerraformResource(construct) && isObjectResource(construct.terraformResourceType);
  if (!stack.node.findAll().some(isTyped)) {
    return [];
  }
  const json = stack.toTerraform() as { readonly resource?: Readonly<Record<string, Readonly<Record<string, Body>>>> };
  const references = new References(json.resource ?? {});
  const written = new Set(
    stack.node
      .findAll()
      .filter((construct) => construct instanceof KubernetesObject)
      .map((construct) => construct.node.path),
  );
  const scopePath = scope.node.path;
  return Object.entries(json.resource ?? {}).flatMap(([type, members]) =>
    Object.values(members).flatMap((body): AnyObject[] => {
      const constructPath = body['//']?.metadata?.path ?? '';
      const isBelow = scopePath === '' || constructPath === scopePath || constructPath.startsWith(`${scopePath}/`);
      if (!isBelow || !isObjectResource(type) || written.has(constructPath.replace(/\/Resource$/, ''))) {
        return [];
      }
      const object = toKubernetesObject(type, references.resolve(body).value as Record<string, unknown>);
      return object ? [{ ...(object as unknown as AnyObject), origin: { constructPath: pathOf(constructPath) } }] : [];
    }),
  );
}

/** A Service, and a workload for each version, for services that nothing here creates. */
function objectsOfServices(services: readonly IService[], known: readonly AnyObject[]): AnyObject[] {
  const seen = new Set(
    known.filter((object) => groupOf(object) === '' && object.kind === 'Service').map((object) => `${namespaceOf(object)}/${object.metadata.name}`),
  );
  return services.flatMap((service) => {
    const key = `${service.namespace}/${service.name}`;
    if (seen.has(key)) {
      return [];
    }
    seen.add(key);
    const { name, namespace } = service;
    const versions = service.versions.length > 0 ? service.versions : [{ name: '', labels: {} }];
    return [
      { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: service.labels, ports: service.ports } },
      ...versions.map((version) => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: version.name === '' ? name : `${name}-${version.name}`, namespace },
        spec: {
          template: { metadata: { labels: { ...service.labels, ...version.labels } }, spec: { serviceAccountName: service.serviceAccountName } },
        },
      })),
    ];
  });
}

function isService(construct: IConstruct): construct is IConstruct & IService {
  const { name, namespace, labels, ports, versions } = construct as Partial<IService>;
  return typeof name === 'string' && typeof namespace === 'string' && Array.isArray(ports) && Array.isArray(versions) && labels !== undefined;
}

function stacksOf(scope: Construct, constructs: readonly IConstruct[]): TerraformStack[] {
  const below = constructs.filter((construct): construct is TerraformStack => TerraformStack.isStack(construct));
  const above = scope.node.scopes.find((candidate): candidate is TerraformStack => TerraformStack.isStack(candidate));
  return below.length > 0 ? below : above ? [above] : [];
}

/** The construct that people wrote: `Resource` is the name of what is inside. */
function pathOf(path: string): string {
  return path.replace(/(\/Resource)+$/, '');
}

function unescape(value: unknown): unknown {
  if (typeof value === 'string') {
    return unescapeTemplate(value);
  }
  if (Array.isArray(value)) {
    return value.map(unescape);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, member]) => [unescapeTemplate(key), unescape(member)]))
    : value;
}
