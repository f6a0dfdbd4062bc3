import { DeploymentV1 } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { Construct } from 'constructs';
import { IMesh, meshOf } from '../mesh/mesh';
import type { MeshService } from '../traffic/mesh-service';
import { throwOnProblems } from '../validation';
import { BookinfoImages, bookinfoImage } from './images';
import { EnvironmentValue, podTemplate } from './pod-template';
import type { BookinfoServiceName } from './services';

/** Settings of {@link BookinfoWorkload}. */
export interface BookinfoWorkloadProps {
  /** One of Bookinfo's services. It knows the version from then on: it may be split and routed to it. */
  readonly service: MeshService;
  /** Name of the subset, and value of the label `version`, such as `v2-mysql`. */
  readonly version: string;
  /** Name of the image without `examples-bookinfo-`. @default service and version, as `details-v2` */
  readonly image?: string;
  /** Environment of its container. @default what the image sets */
  readonly env?: Readonly<Record<string, EnvironmentValue>>;
  /** Where its images are pulled from. @default upstream's */
  readonly images?: BookinfoImages;
  /** Mesh that its objects are written for. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/**
 * One more version of one of Bookinfo's services, beside those that Bookinfo has: a Deployment that the service's Service finds by its labels.
 * @see https://github.com/istio/istio/tree/release-1.29/samples/bookinfo/platform/kube
 */
export class BookinfoWorkload extends Construct {
  /** The Deployment of its pods. */
  readonly deployment: DeploymentV1;

  /** @throws ProblemError where there is no mesh, or the service has the version already */
  constructor(scope: Construct, id: string, props: BookinfoWorkloadProps) {
    super(scope, id);
    const { service, version, env } = props;
    const mesh = props.mesh ?? meshOf(this);
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...(mesh ? [] : [{ at: this.node.path, rule: 'Bookinfo joins a mesh', mend: 'Pass `mesh`, or call provideMesh on a scope above' }]),
      ...(service.versions.some(({ name }) => name === version)
        ? [{ at: `${this.node.path}: version`, value: version, rule: `${service.name} has this version already`, mend: 'Give it another name' }]
        : []),
    ]);
    service.addVersion(version);
    const name = `${service.name}-${version}`;
    const labels = { ...service.labels, version };
    this.deployment = new DeploymentV1(this, 'Resource', {
      metadata: { name, namespace: service.namespace, labels },
      spec: {
        replicas: '1',
        selector: { matchLabels: labels },
        template: podTemplate({
          name: service.name as BookinfoServiceName,
          labels,
          image: bookinfoImage(props.image ?? name, props.images),
          serviceAccountName: service.serviceAccountName,
          mesh: mesh as IMesh,
          isSpread: false,
          env,
        }),
      },
      waitForRollout: true,
      timeouts: { create: '10m', update: '10m' },
    });
  }
}
