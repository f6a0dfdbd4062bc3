export * from './aks-cluster';
export * from './aks-identity';
export * from './aks-network';
export { AksNodePool, type AksNodePoolProps, type AksNodePoolSize } from './aks-node-pool';
export * from './cluster';
export * from './existing-cluster';
export * from './mesh-revisions';
