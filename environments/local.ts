import { GATEWAY_API, localClusterPaths, localGatewayValues, localMeshValues, OUTSIDE_DATABASE } from '../local-cluster/paths';
import { DEMO_CERTIFICATE } from '../scenarios/certificates';
import { scenarioProviders } from '../scenarios/providers';
import type { EnvironmentInput } from './environment';

/**
 * A cluster on this machine, with no cloud account: the node that `local-cluster/` starts, or any other that a kubeconfig names.
 * @param kubeconfig path of another cluster's kubeconfig; without it, the node's
 * @param context context of that file; without it, its current one. The node's own context means the node, whatever file it stands in
 */
export function local(kubeconfig?: string, context?: string): EnvironmentInput {
  const meshConfig = { accessLogFile: '/dev/stdout', extensionProviders: scenarioProviders() };
  const demoCertificates = [DEMO_CERTIFICATE];
  const paths = localClusterPaths();
  if (kubeconfig !== undefined && context !== paths.context) {
    return {
      name: 'local',
      cluster: { kind: 'kubeconfig', path: kubeconfig, context, gatewayService: 'NodePort' },
      mesh: { flavor: 'helm', meshConfig, demoCertificates, helm: { version: '1.29.1', egressGateway: {} } },
    };
  }
  return {
    name: 'local',
    cluster: {
      kind: 'kubeconfig',
      path: kubeconfig ?? paths.kubeconfig,
      context: paths.context,
      gatewayService: 'NodePort',
      gatewayApi: GATEWAY_API,
      internet: false,
      networkPolicies: false,
    },
    traffic: { externalDatabase: OUTSIDE_DATABASE },
    mesh: {
      flavor: 'helm',
      meshConfig,
      demoCertificates,
      helm: {
        version: paths.istioVersion,
        egressGateway: {},
        charts: { kind: 'folder', path: paths.charts },
        values: { istiod: localMeshValues, gateway: localGatewayValues },
      },
    },
  };
}
