export * from './mesh-model';
export * from './object';
