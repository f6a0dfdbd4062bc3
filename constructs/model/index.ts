export * from './mesh-model';
export * from './object';
export * from './simulate';
export * from './graph';
