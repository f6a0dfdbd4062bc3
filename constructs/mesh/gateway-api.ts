import type { GatewayApi } from '../cluster/cluster';
import { istioAtLeast } from '../istio/version';
import type { Values } from '../kubernetes/values';
import type { IMesh, MeshFeature, Unsupported } from './mesh';

const SEE = 'https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/';
const INSTALL =
  "Install its definitions and say so on the cluster, in an environment file below `cluster`: gatewayApi: { version: '1.4.0', channel: 'standard' }, " +
  "or 'managed' on AKS after `az aks update --enable-gateway-api`. Or use Gateway and VirtualService, which every mesh has";

/** Kinds that began in the experimental channel: the first release with them in the standard one, and the first Istio that reads them there. */
const STANDARD_SINCE = {
  TLSRoute: { minor: 5, istio: '1.30', instead: 'Use a VirtualService with addTlsRoute' },
  TCPRoute: { minor: 6, istio: '1.31', instead: 'Use a VirtualService with addTcpRoute' },
} as const;

/** Values of istiod that the Gateway API in a cluster asks for. */
export function gatewayApiValues(gatewayApi: GatewayApi | undefined): Values {
  return gatewayApi
    ? {
        // Otherwise Pod Security `restricted` would refuse the pods that istiod makes for a Gateway.
        gateways: { seccompProfile: { type: 'RuntimeDefault' } },
        // istiod reads the kinds of that channel only when told to.
        pilot: gatewayApi.channel === 'experimental' ? { env: { PILOT_ENABLE_ALPHA_GATEWAY_API: 'true' } } : undefined,
      }
    : {};
}

/** Why a mesh cannot use the Gateway API, or one of its kinds. Of a mesh that somebody else installed, what was not said is taken to be there. */
export function missingGatewayApi(mesh: Pick<IMesh, 'flavor' | 'version' | 'gatewayApi'>, feature: MeshFeature): Unsupported | undefined {
  const { flavor, version, gatewayApi } = mesh;
  if (feature === 'GatewayApi') {
    return gatewayApi || flavor === 'existing' ? undefined : { reason: 'nothing says that its cluster has the Gateway API', alternative: INSTALL, see: SEE };
  }
  if ((feature !== 'TLSRoute' && feature !== 'TCPRoute') || !gatewayApi || gatewayApi.channel === 'experimental') {
    return undefined;
  }
  const { minor, istio, instead } = STANDARD_SINCE[feature];
  return minorOf(gatewayApi) >= minor && istioAtLeast(mesh, istio)
    ? undefined
    : {
        reason:
          `the standard channel of the Gateway API has this kind from 1.${minor} on, and Istio reads it there from ${istio} on; ` +
          `the cluster has ${gatewayApi.version}, the mesh is ${version}`,
        alternative: flavor === 'addon' ? instead : `${instead}, or install the experimental channel and declare that`,
        see: SEE,
      };
}

/** Minor version of the Gateway API. */
export function minorOf({ version }: Pick<GatewayApi, 'version'>): number {
  return Number(version.split('.')[1]);
}
