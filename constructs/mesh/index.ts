export * from './addon-limits';
export * from './aks-istio-addon';
export * from './charts';
export * from './existing-mesh';
export { gatewayAnnotationProblems, type AddonGatewayAnnotation } from './gateway-annotations';
export * from './helm-istio';
export * from './mesh';
export * from './mesh-config';
export * from './vault-certificate';
