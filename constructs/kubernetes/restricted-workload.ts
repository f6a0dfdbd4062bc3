import type { ITerraformDependable } from 'cdktf';
import { DeploymentV1, DeploymentV1SpecTemplateSpecContainer } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { Construct } from 'constructs';
import type { IService } from './service';

/** Settings of {@link RestrictedWorkload}. */
export interface RestrictedWorkloadProps {
  /** Name, namespace, labels, ports and service account of what is made. */
  readonly service: IService;
  /** Image of the container, with registry and tag. */
  readonly image: string;
  /** User id that the container runs as. */
  readonly user: number;
  /** Command of the container. @default what the image starts */
  readonly command?: string[];
  /** Arguments of the command. @default none */
  readonly args?: string[];
  /** Environment of the container. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Path that answers GET when the container is ready. @default the first port takes connections */
  readonly readyPath?: string;
  /** ConfigMap in the same namespace, and the folder that it is mounted at. @default none */
  readonly config?: { readonly name: string; readonly path: string };
  /** Of the pod: what restarts it when it changes. @default none */
  readonly annotations?: Record<string, string>;
  /** Kubernetes quantities. @default `{ cpu: '10m', memory: '32Mi' }` */
  readonly requests?: Record<string, string>;
  /** Kubernetes quantities. @default `{ cpu: '500m', memory: '128Mi' }` */
  readonly limits?: Record<string, string>;
  /** What must be applied before the pod starts. @default nothing */
  readonly after?: readonly ITerraformDependable[];
}

/**
 * A small service in one pod, as the Pod Security level `restricted` wants it: a ServiceAccount without a token, a Service and a Deployment.
 * Applying waits until it is ready.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export class RestrictedWorkload extends Construct {
  /** What others that need it running depend on. */
  readonly appliedBy: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: RestrictedWorkloadProps) {
    super(scope, id);
    const { service, config, env } = props;
    const { name, namespace, serviceAccountName, ports } = service;
    const labels = { ...service.labels };
    const account = new ServiceAccountV1(this, 'ServiceAccount', { metadata: { name: serviceAccountName, namespace }, automountServiceAccountToken: false });
    const resource = new ServiceV1(this, 'Resource', {
      metadata: { name, namespace, labels },
      spec: {
        selector: labels,
        port: ports.map(({ targetPort, ...port }) => ({ ...port, targetPort: targetPort?.toString() })),
      },
    });
    const deployment = new DeploymentV1(this, 'Deployment', {
      metadata: { name, namespace, labels },
      spec: {
        replicas: '1',
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: props.annotations },
          spec: {
            serviceAccountName,
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            container: [
              {
                name,
                image: props.image,
                command: props.command,
                args: props.args,
                env: env && Object.entries(env).map(([key, value]) => ({ name: key, value })),
                port: ports.map(({ port, targetPort }) => ({ containerPort: targetPort ?? port })),
                readinessProbe: readinessProbe(service, props.readyPath),
                resources: { requests: props.requests ?? { cpu: '10m', memory: '32Mi' }, limits: props.limits ?? { cpu: '500m', memory: '128Mi' } },
                securityContext: {
                  runAsNonRoot: true,
                  runAsUser: String(props.user),
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                volumeMount: config && [{ name: 'config', mountPath: config.path, readOnly: true }],
              },
            ],
            volume: config && [{ name: 'config', configMap: { name: config.name } }],
          },
        },
      },
      waitForRollout: true,
      dependsOn: [account, ...(props.after ?? [])],
    });
    this.appliedBy = [resource, deployment];
  }
}

function readinessProbe({ ports }: IService, path: string | undefined): DeploymentV1SpecTemplateSpecContainer['readinessProbe'] {
  const port = String(ports[0]?.targetPort ?? ports[0]?.port);
  return { ...(path === undefined ? { tcpSocket: [{ port }] } : { httpGet: { path, port } }), periodSeconds: 2 };
}
