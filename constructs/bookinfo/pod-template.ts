import type { DeploymentV1SpecTemplate, DeploymentV1SpecTemplateSpecContainer } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import type { IMesh } from '../mesh/mesh';
import { BOOKINFO_PORT, BookinfoServiceName } from './services';
import { BOOKINFO_CONTAINERS } from './workloads';

/** Changes with the sidecar that pods ought to have, so that they are restarted for it. */
const MESH_ANNOTATION = 'aks-istio/mesh';

export interface PodTemplateProps {
  readonly name: BookinfoServiceName;
  readonly labels: Record<string, string>;
  readonly image: string;
  readonly serviceAccountName: string;
  readonly mesh: IMesh;
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
      container: [
        {
          name: props.name,
          image: props.image,
          imagePullPolicy: 'IfNotPresent',
          port: [{ containerPort: BOOKINFO_PORT }],
          env: container.env ? Object.entries(container.env).map(([name, value]) => ({ name, value })) : undefined,
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
