export * from './addon-limits';
export * from './aks-istio-addon';
export * from './charts';
export * from './existing-mesh';
export * from './helm-istio';
export * from './mesh';
export * from './mesh-config';
