import { Crd, readCrds } from './crds';

/** Go modules that hold the CRDs of each minor, oldest first: the API module where it has a tag, else the commit of Istio's own. */
export const ISTIO = [
  { minor: '1.28', version: '1.28.3', module: 'istio.io/istio@v0.0.0-20260114100434-4c1f845d839e', file: 'manifests/charts/base/files/crd-all.gen.yaml' },
  { minor: '1.29', version: '1.29.1', module: 'istio.io/istio@v0.0.0-20260306174214-6991a379e1fc', file: 'manifests/charts/base/files/crd-all.gen.yaml' },
  { minor: '1.30', version: '1.30.3', module: 'istio.io/api@v1.30.3', file: 'kubernetes/customresourcedefinitions.gen.yaml' },
  { minor: '1.31', version: '1.31.1', module: 'istio.io/api@v1.31.1', file: 'kubernetes/customresourcedefinitions.gen.yaml' },
];
/** Releases of the Gateway API that these minors have in their module graphs, oldest first. */
export const GATEWAY_API = ['1.4.0', '1.5.1', '1.6.0'];
/** Channels of the Gateway API: what is settled, and that with what is on trial. */
export const CHANNELS = ['standard', 'experimental'] as const;

/** The kinds of a release of the Gateway API in one of its channels. */
export function readGatewayApi(version: string, channel: (typeof CHANNELS)[number]): Crd[] {
  return readCrds(gatewayApiModule(version), `config/crd/${channel}`).filter(({ spec }) => spec.group === 'gateway.networking.k8s.io');
}

export function gatewayApiModule(version: string): string {
  return `sigs.k8s.io/gateway-api@v${version}`;
}
