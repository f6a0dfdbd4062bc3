import type { DeploymentV1SpecTemplate, DeploymentV1SpecTemplateSpecContainer } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import type { IMesh } from '../mesh/mesh';
import { BOOKINFO_PORT, BookinfoServiceName } from './services';
import { spread } from './spread';
import { BOOKINFO_CONTAINERS } from './workloads';

/** Changes with the sidecar that pods ought to have, so that they are restarted for it. */
const MESH_ANNOTATION = 'aks-istio/mesh';

/** A value, or where it is kept secret. */
export type EnvironmentValue = string | { readonly secretName: string; readonly key: string };

export interface PodTemplateProps {
  readonly name: BookinfoServiceName;
  readonly labels: Record<string, string>;
  readonly image: string;
  readonly serviceAccountName: string;
  readonly mesh: IMesh;
  /** Environment beside the container's own. @default none */
  readonly env?: Readonly<Record<string, EnvironmentValue>>;
  /** Whether there are several, to be kept apart. */
  readonly isSpread: boolean;
}

/** The pods of one version, as Pod Security `restricted` wants them. @see https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export function podTemplate(props: PodTemplateProps): DeploymentV1SpecTemplate {
  const container = BOOKINFO_CONTAINERS[props.name];
  const scratch = Object.entries(container.scratch ?? {});
  return {
    metadata: {
      labels: props.labels,
      annotations: { [MESH_ANNOTATION]: [props.mesh.version, props.mesh.revision ?? []].flat().join('/'), ...container.podAnnotations },
    },
    spec: {
      serviceAccountName: props.serviceAccountName,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      ...(props.isSpread ? spread(props.labels) : {}),
      container: [
        {
          name: props.name,
          image: props.image,
          imagePullPolicy: 'IfNotPresent',
          port: [{ containerPort: BOOKINFO_PORT }],
          env: environment({ ...container.env, ...props.env }),
          resources: { requests: container.requests, limits: container.limits },
          ...probes(),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: String(container.user),
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: container.readOnlyRoot,
            capabilities: { drop: ['ALL'] },
          },
          volumeMount: scratch.length > 0 ? scratch.map(([name, mountPath]) => ({ name, mountPath })) : undefined,
        },
      ],
      volume: scratch.length > 0 ? scratch.map(([name]) => ({ name, emptyDir: {} })) : undefined,
    },
  };
}

/** Each service answers on /health; the startup probe gives slow starters two minutes, and lets quick ones be ready at once. */
function probes(): Pick<DeploymentV1SpecTemplateSpecContainer, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const httpGet = { path: '/health', port: String(BOOKINFO_PORT) };
  return {
    startupProbe: { httpGet, periodSeconds: 2, failureThreshold: 60, timeoutSeconds: 2 },
    readinessProbe: { httpGet, periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 2 },
    livenessProbe: { httpGet, periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 },
  };
}

/** Environment variables as a container has them; nothing where there are none. */
export function environment(values: Readonly<Record<string, EnvironmentValue>>): { name: string; value?: string; valueFrom?: object }[] | undefined {
  const entries = Object.entries(values).map(([name, value]) =>
    typeof value === 'string' ? { name, value } : { name, valueFrom: { secretKeyRef: { name: value.secretName, key: value.key } } },
  );
  return entries.length > 0 ? entries : undefined;
}
