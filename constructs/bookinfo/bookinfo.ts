import { DeploymentV1 } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { NamespaceV1 } from '@cdktf/provider-kubernetes/lib/namespace-v1';
import { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { IService, ServiceVersion } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { throwOnProblems } from '../validation';
import { BookinfoNetworkPolicies } from './network-policies';
import { bookinfoImage } from './images';
import { podTemplate } from './pod-template';
import { BOOKINFO_SERVICES, bookinfoServices, BookinfoServiceName, IBookinfo } from './services';
import { disruptionBudget } from './spread';

/** Settings of {@link Bookinfo}. */
export interface BookinfoProps {
  /** Mesh that its pods join. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
  /** Created by this construct. @default 'bookinfo' */
  readonly namespace?: string;
  /** Registry and path of the images, without the trailing slash. @default 'docker.io/istio' */
  readonly registry?: string;
  /** Tag of the images. @default '1.20.3' */
  readonly tag?: string;
  /** Pods of each version; several are spread over nodes and zones, and a node is drained one of them at a time. @default 1 */
  readonly replicas?: number;
  /** Whether only the mesh reaches the pods, by address too; the cluster's network plugin has to enforce it. @default false */
  readonly networkPolicies?: boolean;
}

/** Time that a rollout may take, a first pull of the images included. */
const ROLLOUT = '10m';

/**
 * Istio's sample application, as upstream has it, in a namespace that joins the mesh: details, ratings, reviews in three versions, productpage.
 * Its containers meet Pod Security `restricted`; the namespace enforces that where the mesh needs no privileged init container, and warns elsewhere.
 * @see https://istio.io/latest/docs/examples/bookinfo/
 */
export class Bookinfo extends Construct implements IBookinfo {
  readonly namespace: string;
  /** The Service of details. */
  readonly details: IService;
  /** The Service of ratings. */
  readonly ratings: IService;
  /** The Service of reviews. */
  readonly reviews: IService;
  /** The Service of productpage. */
  readonly productpage: IService;
  private readonly mesh: IMesh;
  private readonly image: (name: string) => string;
  private readonly replicas: number;

  /** @throws ProblemError where there is no mesh, or the number of replicas is none */
  constructor(scope: Construct, id: string, props: BookinfoProps = {}) {
    super(scope, id);
    const mesh = props.mesh ?? meshOf(this);
    const replicas = props.replicas ?? 1;
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...(mesh ? [] : [{ at: this.node.path, rule: 'Bookinfo joins a mesh', mend: 'Pass `mesh`, or call provideMesh on a scope above' }]),
      ...(Token.isUnresolved(replicas) || (Number.isInteger(replicas) && replicas >= 1)
        ? []
        : [{ at: `${this.node.path}: replicas`, value: replicas, rule: 'replicas are a whole number, 1 or more', mend: 'Give 1 or more' }]),
    ]);
    this.mesh = mesh as IMesh;
    this.replicas = replicas;
    this.namespace = props.namespace ?? 'bookinfo';
    this.image = (name) => bookinfoImage(name, props);
    const { details, ratings, reviews, productpage } = bookinfoServices({ namespace: this.namespace });
    this.details = details;
    this.ratings = ratings;
    this.reviews = reviews;
    this.productpage = productpage;

    const namespace = new NamespaceV1(this, 'Namespace', { metadata: { name: this.namespace, labels: namespaceLabels(this.mesh) } });
    if (props.networkPolicies) {
      new BookinfoNetworkPolicies(this, 'NetworkPolicies', { namespace: this.namespace, mesh: this.mesh, after: namespace });
    }
    BOOKINFO_SERVICES.forEach((name) => this.addService(name, namespace));
  }

  private addService(name: BookinfoServiceName, namespace: ITerraformDependable): void {
    const service = this[name];
    const scope = new Construct(this, pascal(name));
    new ServiceV1(scope, 'Resource', {
      metadata: { name, namespace: this.namespace, labels: { ...service.labels, service: name } },
      spec: { selector: { ...service.labels }, port: service.ports.map(({ name: port, port: number }) => ({ name: port, port: number })) },
      dependsOn: [namespace],
    });
    const account = new ServiceAccountV1(scope, 'ServiceAccount', {
      metadata: { name: service.serviceAccountName, namespace: this.namespace, labels: { account: name } },
      automountServiceAccountToken: false,
      dependsOn: [namespace],
    });
    service.versions.forEach((version) => this.addDeployment(scope, name, version, account));
  }

  private addDeployment(scope: Construct, name: BookinfoServiceName, version: ServiceVersion, account: ITerraformDependable): void {
    const service = this[name];
    const labels = { ...service.labels, ...version.labels };
    const fullName = `${name}-${version.name}`;
    const isSpread = !Token.isUnresolved(this.replicas) && this.replicas > 1;
    const pod = { name, labels, isSpread, mesh: this.mesh };
    const deployment = new DeploymentV1(scope, version.name.toUpperCase(), {
      metadata: { name: fullName, namespace: this.namespace, labels },
      spec: {
        replicas: String(this.replicas),
        selector: { matchLabels: labels },
        template: podTemplate({ ...pod, image: this.image(fullName), serviceAccountName: service.serviceAccountName }),
      },
      waitForRollout: true,
      timeouts: { create: ROLLOUT, update: ROLLOUT },
      dependsOn: [account],
    });
    if (isSpread) {
      disruptionBudget(deployment, { name: fullName, namespace: this.namespace, labels, after: account });
    }
  }
}

/** A privileged init container, which sidecars need without the CNI plugin, would be refused under `restricted`. */
function namespaceLabels(mesh: IMesh): Record<string, string> {
  const modes = mesh.trafficRedirection === 'cni' ? ['enforce', 'warn', 'audit'] : ['warn', 'audit'];
  return {
    ...mesh.injectionLabels,
    ...Object.fromEntries(modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'])),
  };
}

function pascal(name: string): string {
  return name[0].toUpperCase() + name.slice(1);
}
