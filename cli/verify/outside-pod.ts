import { randomBytes } from 'node:crypto';
import type { ClusterTools } from '../tools/cluster-access';
import { kubectlJson } from '../tools/cluster-access';
import type { CallOrigin } from './mesh-call';

/** Marks what a verification makes for a moment, so that what a crash left can be told from anybody else's. */
const LABEL = 'aks-istio/verify';
/** No verification takes longer: what is older was left by a crash. */
const LEFT_OVER_AFTER_SECONDS = 300;
const CONTAINER = 'outside';

/** A pod that belongs to no mesh, in a namespace of its own. */
export interface OutsidePod {
  readonly origin: CallOrigin;
  /** Deletes the namespace with all that is in it, without waiting for it. */
  remove(): Promise<void>;
}

interface Metadata {
  readonly name: string;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
}

/**
 * Starts a pod outside the mesh and waits for it.
 * @param image an image that has Python, and that the node has already
 * @throws CommandError where it does not get ready; nothing stays behind
 */
export async function startOutsidePod(tools: Pick<ClusterTools, 'kubectl'>, image: string): Promise<OutsidePod> {
  const namespace = `aks-istio-verify-${randomBytes(3).toString('hex')}`;
  const origin = { namespace, pod: CONTAINER, container: CONTAINER };
  const remove = async (): Promise<void> => {
    // Also after an interruption, which ends the tools' other calls.
    await tools.kubectl(['delete', 'namespace', namespace, '--wait=false', '--ignore-not-found'], { signal: undefined, timeoutSeconds: 30 });
  };
  try {
    await tools.kubectl(['apply', '-f', '-'], { input: JSON.stringify(manifest(namespace, image)), timeoutSeconds: 30 });
    await tools.kubectl(['wait', '-n', namespace, `pod/${CONTAINER}`, '--for=condition=Ready', '--timeout=60s'], { timeoutSeconds: 70 });
    return { origin, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Deletes the namespaces that crashed verifications left. */
export async function removeLeftOvers(tools: Pick<ClusterTools, 'kubectl'>, now = Date.now()): Promise<string[]> {
  const list = await kubectlJson<{ readonly items: readonly { readonly metadata: Metadata }[] }>(tools, ['get', 'namespaces', '-l', LABEL], { timeoutSeconds: 20 });
  const old = list.items
    .map(({ metadata }) => metadata)
    .filter(({ deletionTimestamp, creationTimestamp }) => !deletionTimestamp && now - Date.parse(creationTimestamp) > LEFT_OVER_AFTER_SECONDS * 1000)
    .map(({ name }) => name);
  if (old.length > 0) {
    await tools.kubectl(['delete', 'namespace', ...old, '--wait=false', '--ignore-not-found'], { timeoutSeconds: 30 });
  }
  return old;
}

function manifest(namespace: string, image: string): unknown {
  const labels = { [LABEL]: 'true' };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' } } },
      // The namespace's default account comes a moment later than the namespace, and without an account there is no pod.
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: CONTAINER, namespace, labels }, automountServiceAccountToken: false },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: CONTAINER, namespace, labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
        spec: {
          serviceAccountName: CONTAINER,
          automountServiceAccountToken: false,
          // It ends by itself where nobody is left to delete it.
          activeDeadlineSeconds: LEFT_OVER_AFTER_SECONDS,
          terminationGracePeriodSeconds: 0,
          restartPolicy: 'Never',
          securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: CONTAINER,
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['python3', '-c', `import time; time.sleep(${LEFT_OVER_AFTER_SECONDS})`],
              resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    ],
  };
}
